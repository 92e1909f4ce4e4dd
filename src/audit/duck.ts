import { SightlineError } from "../errors.js";

/** A row as DuckDB gives it, numbers and texts as JavaScript's own. */
export type Row = Readonly<Record<string, unknown>>;

/** A table that a statement can name. */
export interface ParquetTable {
  readonly name: string;
  /** Paths of Parquet files. */
  readonly files: readonly string[];
}

/** One SQL statement on a private, in-memory DuckDB; parameters stand for `$1`, `$2`, … */
export async function sql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  tables: readonly ParquetTable[] = [],
): Promise<Row[]> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    for (const { name, files } of tables) {
      const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(", ");
      await connection.run(`create view "${name}" as select * from read_parquet([${list}])`);
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
