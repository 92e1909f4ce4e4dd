/** A row, numbers and texts as JavaScript's own. */
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

/** Tables in Parquet files. Whatever fails rejects with the words of what failed. */
export interface Tables {
  /**
   * One SQL statement in DuckDB's dialect on a private database in memory; parameters stand for `$1`, `$2`, …
   * @param sealed the statement may read the tables and nothing else: no other file, no network
   * @param seconds ends a statement that takes longer, and all that it took, where the database has a worker to itself;
   *   where it does not, only the process that asks can be ended
   */
  query(
    statement: string,
    parameters: readonly (string | number)[],
    tables: readonly ParquetTable[],
    options: { readonly sealed: boolean; readonly seconds?: number },
  ): Promise<Table>;
  /** All of a Parquet file. */
  read(file: string): Promise<Table>;
  /** Writes the rows of Parquet files as one, sorted by some of their columns. */
  merge(files: readonly string[], order: readonly string[], to: string): Promise<void>;
}
