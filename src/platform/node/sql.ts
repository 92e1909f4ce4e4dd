import type { DuckDBConnection } from "@duckdb/node-api";
import type { Database, Parameter, ParquetTable, Row, Table, Tables } from "../sql.js";

/** Tables by DuckDB. */
export const tables: Tables = {
  query: (statement, parameters, from, { sealed }) =>
    connected(async (connection) => {
      for (const { name, files } of from) await connection.run(`create view "${name}" as ${selectFrom(files)}`);
      if (sealed)
        await seal(
          connection,
          from.flatMap(({ files }) => files),
        );
      return answer(connection, statement, parameters);
    }),
  open,
  read: (file) => connected((connection) => answer(connection, selectFrom([file]))),
  merge: (files, order, to, further) =>
    connected(async (connection) => {
      const by = order.join(", ");
      const rows = further
        ? `from (${selectFrom(files)}) left join (${selectFrom([further])}) using (${by})`
        : selectFrom(files);
      await connection.run(`copy (${rows} order by ${by}) to ${quoted(to)} (format parquet)`);
    }),
};

async function open(from: readonly ParquetTable[]): Promise<Database> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const close = async () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    for (const { name, files } of from) await connection.run(`create table "${name}" as ${selectFrom(files)}`);
    await seal(connection, []);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    query: (statement, parameters) => answer(connection, statement, parameters),
    numbers: (statement, parameters) => numbers(connection, statement, parameters),
    close,
  };
}

async function numbers(
  connection: DuckDBConnection,
  statement: string,
  parameters: readonly Parameter[] = [],
): Promise<Float64Array[]> {
  const result = await connection.run(statement, [...parameters]);
  const chunks = await result.fetchAllChunks();
  const count = chunks.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return Array.from({ length: result.columnCount }, (_, column) => {
    const all = new Float64Array(count);
    let at = 0;
    for (const chunk of chunks) {
      const vector = chunk.getColumnVector(column);
      for (let i = 0; i < chunk.rowCount; i++) all[at++] = Number(vector.getItem(i) ?? Number.NaN);
    }
    return all;
  });
}

async function connected<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function seal(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  // a name with wildcards is asked for as it was written, then as what it stands for
  if (files.length > 0) {
    await connection.run(`set allowed_paths = ${list([...new Set([...files, ...files.map(literal)])])}`);
  }
  await connection.run("set enable_external_access = false");
  await connection.run("set lock_configuration = true");
}

async function answer(
  connection: DuckDBConnection,
  statement: string,
  parameters: readonly Parameter[] = [],
): Promise<Table> {
  const reader = await connection.runAndReadAll(statement, [...parameters]);
  return { columns: reader.columnNames(), rows: reader.getRowObjectsJS().map(withNumbers) };
}

/** Folders named `key=value` are not columns. */
const selectFrom = (files: readonly string[]) =>
  `select * from read_parquet(${list(files.map(literal))}, hive_partitioning = false)`;

const list = (files: readonly string[]) => `[${files.map(quoted).join(", ")}]`;

/** A path that DuckDB does not take for a glob. */
const literal = (path: string) => path.replaceAll(/[*?[]/g, "[$&]");

/** A text as SQL writes it. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );
}
