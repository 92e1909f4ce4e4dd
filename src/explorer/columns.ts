import { auditColumns } from "../audit/row.js";
import type { Database } from "../platform/sql.js";
import { numberSql, quoted } from "./conditions.js";
import type { Column } from "./types.js";

/** A text with more values than these is searched, not listed. */
const MOST_CATEGORIES = 1000;
/** A whole number with no more values than these is a choice among them. */
const MOST_NUMBERS = 40;

/** Columns that say where something is stored. */
const PLACES = new Set(["id", "shard", "map_row", "searched"]);
/** Columns that name a picture or speak of it: never one of a few values, however few pictures there are. */
const TEXTS = new Set(["path", "sha256", "notes", "error"]);

/** Columns that every audit has. */
const OWN: ReadonlySet<string> = new Set(auditColumns);

/** Several values a picture, in tables of their own. */
export const SETS = ["tags", "flags", "slices", "noted"] as const;

/** What the table `pictures` has, in its order, what there are several of at the end. */
export async function columnsOf(database: Database): Promise<Column[]> {
  const { rows } = await database.query(
    "select column_name, data_type from duckdb_columns() where table_name = 'pictures' order by column_index",
  );
  const listed = new Map((await listedColumns(database)).map((column) => [column.name, column]));
  const columns: Column[] = [];
  for (const row of rows) {
    const [name, type] = [String(row.column_name), String(row.data_type)];
    const own = listed.get(name);
    if (own) columns.push({ ...(await (own.time ? timed : described)(database, name, type)), listed: true });
    else if (!PLACES.has(name)) columns.push(await described(database, name, type));
  }
  return [...columns, ...SETS.map((name): Column => ({ name, kind: "set" }))];
}

/** A column of the results that a list of the pictures brought. */
export interface ListedColumn {
  readonly name: string;
  readonly text: boolean;
  readonly time: boolean;
}

/** Columns of the results that are not the audit's own. */
export async function listedColumns(database: Database): Promise<ListedColumn[]> {
  const { rows } = await database.query(
    "select column_name as name, data_type as type from duckdb_columns() where table_name = 'results' order by column_index",
  );
  return rows
    .map(({ name, type }) => ({ name: String(name), text: type === "VARCHAR", time: /^TIMESTAMP/.test(String(type)) }))
    .filter(({ name }) => !OWN.has(name));
}

async function timed(database: Database, name: string): Promise<Column> {
  const column = { name, kind: "number", time: true } as const;
  const number = numberSql(column);
  const [[low], [high]] = await database.numbers(`select min(${number}), max(${number}) from pictures`);
  return high > low ? { ...column, low, high } : { name, kind: "category" };
}

async function described(database: Database, name: string, type: string): Promise<Column> {
  const column = quoted(name);
  if (TEXTS.has(name)) return { name, kind: "text" };
  if (type === "BOOLEAN") return { name, kind: "category" };
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INTEGER|U?(TINY|SMALL|BIG|HUGE)INT|FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) {
    const [[low], [high], [values]] = await database.numbers(
      `select min(${column})::double, max(${column})::double, count(distinct ${column})::double from pictures
       where isfinite(${column}::double)`,
    );
    const whole = /INT/.test(type);
    if (!(high > low) || (whole && values <= MOST_NUMBERS)) return { name, kind: whole ? "category" : "text" };
    return { name, kind: "number", low, high };
  }
  const [[values]] = await database.numbers(`select count(distinct ${column}::varchar)::double from pictures`);
  return { name, kind: values <= MOST_CATEGORIES ? "category" : "text" };
}
