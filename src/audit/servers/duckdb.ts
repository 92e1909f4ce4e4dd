import { basename } from "node:path";
import { SightlineError } from "../../core/errors.js";

/** A row as DuckDB gives it, numbers and texts as JavaScript's own. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows, and their columns even where there is no row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: Row[];
}

/** A table that a statement can name. */
export interface ParquetTable {
  readonly name: string;
  /** Paths of Parquet files. */
  readonly files: readonly string[];
}

/**
 * One SQL statement on a private, in-memory DuckDB; parameters stand for `$1`, `$2`, …
 * @throws SightlineError `bad-data`
 */
export async function sql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  tables: readonly ParquetTable[] = [],
): Promise<Row[]> {
  try {
    return (await runSql({ statement, parameters, tables })).rows;
  } catch (cause) {
    throw new SightlineError("bad-data", `the query failed: ${messageOf(cause)}`, { received: statement, cause });
  }
}

/**
 * All of a Parquet file.
 * @throws SightlineError `bad-data`
 */
export async function readParquet(file: string): Promise<Table> {
  try {
    const statement = `select * from read_parquet($1, ${NO_HIVE_COLUMNS})`;
    return await runSql({ statement, parameters: [literal(file)], tables: [] });
  } catch (cause) {
    const [why] = messageOf(cause).split("\n", 1);
    throw new SightlineError("bad-data", `cannot read the list ${basename(file)}: ${why}`, {
      received: file,
      expected: "a Parquet file",
      cause,
    });
  }
}

/** A statement, the values of its parameters and the tables that it names. */
export interface SqlRequest {
  readonly statement: string;
  readonly parameters: readonly (string | number)[];
  readonly tables: readonly ParquetTable[];
  /** It may read the tables and nothing else: no other file, no network. */
  readonly sealed?: boolean;
}

/** One statement on a new DuckDB; whatever it throws is DuckDB's. */
export async function runSql({ statement, parameters, tables, sealed = false }: SqlRequest): Promise<Table> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const list = (files: readonly string[]) => `[${files.map(quoted).join(", ")}]`;
    for (const { name, files } of tables) {
      const read = `read_parquet(${list(files.map(literal))}, ${NO_HIVE_COLUMNS})`;
      await connection.run(`create view "${name}" as select * from ${read}`);
    }
    if (sealed) {
      // a name with wildcards is asked for as it was written, then as what it stands for
      const files = tables.flatMap((table) => table.files);
      await connection.run(`set allowed_paths = ${list([...new Set([...files, ...files.map(literal)])])}`);
      await connection.run("set enable_external_access = false");
      await connection.run("set lock_configuration = true");
    }
    const reader = await connection.runAndReadAll(statement, [...parameters]);
    return { columns: reader.columnNames(), rows: reader.getRowObjectsJS().map(withNumbers) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Folders named `key=value` are not columns. */
const NO_HIVE_COLUMNS = "hive_partitioning = false";

/** A path that DuckDB does not take for a glob. */
const literal = (path: string) => path.replaceAll(/[*?[]/g, "[$&]");

/** A text as SQL writes it. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );
}
