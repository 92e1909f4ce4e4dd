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

/** A database in memory that stays open, so that statements follow each other without reading anything again. */
export interface Database {
  /** Parameters stand for `$1`, `$2`, … */
  query(statement: string, parameters?: readonly Parameter[]): Promise<Table>;
  /** The columns of a statement that gives numbers alone; NaN where there is none. */
  numbers(statement: string, parameters?: readonly Parameter[]): Promise<Float64Array[]>;
  close(): Promise<void>;
}

export type Parameter = string | number | boolean | null;

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
  /** Reads tables into a database, which sees nothing else from then on: no file, no network. */
  open(tables: readonly ParquetTable[]): Promise<Database>;
  /** All of a Parquet file. */
  read(file: string): Promise<Table>;
  /**
   * Writes the rows of Parquet files as one, sorted by some of their columns.
   * @param further a Parquet file with further columns of these rows, which it knows by the columns that they are sorted by
   */
  merge(files: readonly string[], order: readonly string[], to: string, further?: string): Promise<void>;
}
