import { basename } from "node:path";
import { SightlineError } from "../../core/errors.js";

/** What a sealed statement may take: seconds, and memory as DuckDB writes it. */
const MOST_SECONDS = 60;
const MOST_MEMORY = "2GiB";
/** Characters of a sealed statement. */
const LONGEST_STATEMENT = 2 ** 22;

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
 * @param sealed the statement may read the tables and nothing else: no other file, no network; its time and memory are
 *   limited
 * @throws SightlineError `bad-data`
 */
export async function sql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  tables: readonly ParquetTable[] = [],
  { sealed = false, seconds = MOST_SECONDS }: { sealed?: boolean; seconds?: number } = {},
): Promise<Row[]> {
  const sent = [statement, ...parameters].reduce<number>((sum, part) => sum + String(part).length, 0);
  if (sealed && sent > LONGEST_STATEMENT) {
    throw new SightlineError("bad-data", `a condition has ${sent} characters, more than ${LONGEST_STATEMENT}`);
  }
  try {
    return (await run(statement, parameters, tables, sealed ? { seconds } : undefined)).rows;
  } catch (cause) {
    const why = /interrupted/i.test(messageOf(cause)) ? `it took more than ${seconds} s` : messageOf(cause);
    throw new SightlineError("bad-data", `the query failed: ${why}`, { received: statement, cause });
  }
}

/**
 * All of a Parquet file.
 * @throws SightlineError `bad-data`
 */
export async function readParquet(file: string): Promise<Table> {
  try {
    return await run(`select * from read_parquet($1, ${NO_HIVE_COLUMNS})`, [literal(file)]);
  } catch (cause) {
    const [why] = messageOf(cause).split("\n", 1);
    throw new SightlineError("bad-data", `cannot read the list ${basename(file)}: ${why}`, {
      received: file,
      expected: "a Parquet file",
      cause,
    });
  }
}

async function run(
  statement: string,
  parameters: readonly (string | number)[],
  tables: readonly ParquetTable[] = [],
  sealed?: { readonly seconds: number },
): Promise<Table> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const limits = { memory_limit: MOST_MEMORY, temp_directory: "" };
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", ...(sealed && limits) });
  const connection = await instance.connect();
  const timer = sealed && setTimeout(() => connection.interrupt(), 1000 * sealed.seconds);
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
    clearTimeout(timer);
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

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );
}
