import { files } from "#platform/files";
import { tables } from "#platform/sql";
import { SightlineError } from "../core/errors.js";
import type { ParquetTable, Row, Table } from "../platform/sql.js";

/**
 * One SQL statement on a private, in-memory DuckDB; parameters stand for `$1`, `$2`, …
 * @throws SightlineError `bad-data`
 */
export async function sql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  from: readonly ParquetTable[] = [],
): Promise<Row[]> {
  try {
    return (await tables.query(statement, parameters, from, { sealed: false })).rows;
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
    return await tables.read(file);
  } catch (cause) {
    const [why] = messageOf(cause).split("\n", 1);
    throw new SightlineError("bad-data", `cannot read the list ${files.basename(file)}: ${why}`, {
      received: file,
      expected: "a Parquet file",
      cause,
    });
  }
}

/** A list of texts as SQL writes it. */
export const sqlTexts = (texts: readonly string[]): string =>
  `[${texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(", ")}]::varchar[]`;

export const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
