import type { Table as ArrowTable } from "apache-arrow";
import type { SchemaElement } from "hyparquet";
import type { ColumnSource } from "hyparquet-writer";
import type { Database, Parameter, ParquetTable, Row, Table, Tables } from "../sql.js";
import { arrowVector, type ColumnType } from "./arrow-table.js";
import { files } from "./files.js";
import { siteUrl } from "./site.js";

/** Tables by DuckDB's WebAssembly, which the first query loads from the site; Parquet is read and written by hyparquet. */
export const tables: Tables = {
  query: (statement, parameters, from, { seconds }) => {
    const answer = queue.then(async () => {
      const database = await duckDb();
      return within(seconds, answerTo(database, statement, parameters, from));
    });
    queue = answer.catch(() => {});
    return answer;
  },
  open,
  read,
  async merge(names, order, to, further) {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const { columns, rows } = await withFurther(await readAll(names), order, further);
    const sorted = rows.sort((a, b) => order.reduce((sign, name) => sign || Number(a[name]) - Number(b[name]), 0));
    const columnData: ColumnSource[] = columns.map(({ name, type }) => ({
      name,
      type,
      nullable: true,
      data: sorted.map((row) => row[name] ?? null) as ColumnSource["data"],
    }));
    await files.writeFileAtomic(to, new Uint8Array(parquetWriteBuffer({ columnData })));
  },
};

/** One database serves one statement after the other. */
let queue: Promise<unknown> = Promise.resolve();

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

interface TypedTable {
  readonly columns: readonly Column[];
  readonly rows: Row[];
}

/** Rows with the further columns that a file has of them. */
async function withFurther(table: TypedTable, keys: readonly string[], file: string | undefined): Promise<TypedTable> {
  if (file === undefined) return table;
  const further = await readAll([file]);
  const keyOf = (row: Row) => keys.map((key) => row[key]).join(" ");
  const byKey = new Map(further.rows.map((row) => [keyOf(row), row]));
  return {
    columns: [...table.columns, ...further.columns.filter(({ name }) => !keys.includes(name))],
    rows: table.rows.map((row) => ({ ...byKey.get(keyOf(row)), ...row })),
  };
}

async function read(name: string): Promise<Table> {
  const { columns, rows } = await readAll([name]);
  return { columns: columns.map((column) => column.name), rows: rows.map(plainRow) };
}

/** The rows of Parquet files, one behind the other; the first one says which columns there are. */
async function readAll(names: readonly string[]): Promise<TypedTable> {
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  let columns: Column[] | undefined;
  const rows: Row[] = [];
  for (const name of names) {
    const file = (await files.read(name)).buffer;
    columns ??= parquetMetadata(file)
      .schema.slice(1)
      .filter(({ num_children: children }) => !children)
      .map((element) => ({ name: element.name, type: typeOf(element) }));
    rows.push(...(await parquetReadObjects({ file })));
  }
  return { columns: columns ?? [], rows };
}

function typeOf({ type, converted_type, logical_type }: SchemaElement): ColumnType {
  if (/^(DATE|TIMESTAMP)/.test(logical_type?.type ?? converted_type ?? "")) return "TIMESTAMP";
  return TYPES[type ?? ""] ?? "STRING";
}

/** Parquet's types; what is not named becomes a text. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: "BOOLEAN",
  INT32: "INT32",
  INT64: "INT64",
  FLOAT: "FLOAT",
  DOUBLE: "DOUBLE",
};

/** What a statement gives, unless it takes too long: then the database goes, with its worker and memory. */
async function within<T>(seconds: number | undefined, answer: Promise<T>): Promise<T> {
  if (seconds === undefined) return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took more than ${seconds} s`)), 1000 * seconds);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    // what failed may have filled the memory, which WebAssembly never gives back
    await endDuckDb();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A database in a worker of its own, which ends with it. */
async function open(from: readonly ParquetTable[]): Promise<Database> {
  const own = await loadDuckDb();
  try {
    const connection = await connect(own, from);
    const run = async (statement: string, parameters: readonly Parameter[]) => {
      const prepared = await connection.prepare(statement);
      try {
        return (await prepared.query(...parameters)) as unknown as ArrowTable;
      } finally {
        await prepared.close();
      }
    };
    return {
      query: async (statement, parameters = []) => plainTable(await run(statement, parameters)),
      numbers: async (statement, parameters = []) => {
        const table = await run(statement, parameters);
        return table.schema.fields.map((_, i) =>
          Float64Array.from(table.getChildAt(i) ?? [], (value) => Number(value ?? Number.NaN)),
        );
      },
      close: () => own.terminate(),
    };
  } catch (error) {
    await own.terminate();
    throw error;
  }
}

async function answerTo(
  database: DuckDb,
  statement: string,
  parameters: readonly (string | number)[],
  from: readonly ParquetTable[],
): Promise<Table> {
  const connection = await connect(database, from);
  try {
    const prepared = await connection.prepare(statement);
    return plainTable((await prepared.query(...parameters)) as unknown as ArrowTable);
  } finally {
    await connection.close();
  }
}

/** Tables in a new database of the worker, in which nothing of an earlier statement is left. */
async function connect(database: DuckDb, from: readonly ParquetTable[]) {
  await database.open({ path: ":memory:", query: { castBigIntToDouble: true, castDecimalToDouble: true } });
  const connection = await database.connect();
  for (const { name, files: names } of from) {
    await connection.insertArrowTable(await arrowTable(await readAll(names)), { name });
  }
  for (const setting of OFFLINE) await connection.query(setting);
  return connection;
}

/** A page asks no other host: neither for data nor for DuckDB's extensions. */
const OFFLINE = [
  "set autoinstall_known_extensions = false",
  "set autoload_known_extensions = false",
  "set enable_external_access = false",
  "set lock_configuration = true",
];

type DuckDb = import("@duckdb/duckdb-wasm").AsyncDuckDB;

let database: Promise<DuckDb> | undefined;

async function endDuckDb(): Promise<void> {
  const ended = database;
  database = undefined;
  await (await ended)?.terminate();
}

function duckDb(): Promise<DuckDb> {
  database ??= loadDuckDb().catch((cause) => {
    database = undefined;
    throw new Error(`DuckDB could not be loaded from the site: ${cause instanceof Error ? cause.message : cause}`);
  });
  return database;
}

async function loadDuckDb(): Promise<DuckDb> {
  const { AsyncDuckDB, VoidLogger } = await import("@duckdb/duckdb-wasm");
  const worker = new Worker(siteUrl("duckdb/duckdb-browser-eh.worker.js"), { name: "DuckDB" });
  const loaded = new AsyncDuckDB(new VoidLogger(), worker);
  await loaded.instantiate(siteUrl("duckdb/duckdb-eh.wasm").href);
  return loaded;
}

async function arrowTable({ columns, rows }: TypedTable): Promise<ArrowTable> {
  const arrow = await import("apache-arrow");
  const vectors = columns.map(({ name, type }) => {
    const values = rows.map((row) => row[name]);
    return [name, arrowVector(arrow, type, values)] as const;
  });
  return new arrow.Table(Object.fromEntries(vectors));
}

/** Arrow's numbers of the types of days and times, whose values are milliseconds. */
const TIMES: ReadonlySet<number> = new Set([8, 10]);

function plainTable(table: ArrowTable): Table {
  const columns = table.schema.fields.map(({ name }) => name);
  const times = new Set(table.schema.fields.filter(({ typeId }) => TIMES.has(typeId)).map(({ name }) => name));
  const plainTime = (name: string, value: unknown) =>
    times.has(name) && typeof value === "number" ? new Date(value) : value;
  const rows = table
    .toArray()
    .map((row) => plainRow(Object.fromEntries(columns.map((name) => [name, plainTime(name, row[name])]))));
  return { columns, rows };
}

function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

/** Values as JavaScript's own: no 64-bit integers, no vectors of Arrow's. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "object" && value !== null && "toArray" in value) {
    return Array.from((value as { toArray(): ArrayLike<unknown> }).toArray(), plainValue);
  }
  return value;
}
