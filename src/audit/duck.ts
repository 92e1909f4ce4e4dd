import { SightlineError } from "../errors.js";

/** A row as DuckDB gives it, numbers and texts as JavaScript's own. */
export type Row = Readonly<Record<string, unknown>>;

/** A table that a statement can name. */
export interface ParquetTable {
  readonly name: string;
  /** Paths of Parquet files. */
  readonly files: readonly string[];
}

/**
 * One SQL statement on a private, in-memory DuckDB; parameters stand for `$1`, `$2`, …
 * @param sealed the statement may read the tables and nothing else: no other file, no network
 * @throws SightlineError `bad-data`
 */
export async function sql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  tables: readonly ParquetTable[] = [],
  { sealed = false } = {},
): Promise<Row[]> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const list = (files: readonly string[]) => `[${files.map(quoted).join(", ")}]`;
    for (const { name, files } of tables) {
      await connection.run(`create view "${name}" as select * from read_parquet(${list(files)})`);
    }
    if (sealed) {
      await connection.run(`set allowed_paths = ${list(tables.flatMap(({ files }) => files))}`);
      await connection.run("set enable_external_access = false");
      await connection.run("set lock_configuration = true");
    }
    const reader = await connection.runAndReadAll(statement, [...parameters]);
    return reader.getRowObjectsJS().map(withNumbers);
  } catch (cause) {
    throw new SightlineError(
      "bad-data",
      `the query failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        received: statement,
        cause,
      },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A text as SQL writes it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Rows of a CSV or Parquet file. */
export function readRows(file: string): Promise<Row[]> {
  const read = /\.parquet$/i.test(file) ? "read_parquet($1)" : "read_csv($1, all_varchar = true, header = true)";
  return sql(`select * from ${read}`, [file]);
}

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );
}
