import { plural } from "../../render/format.js";
import { hygieneColumns } from "../hygiene/hygiene-file.js";
import { type AuditColumn, auditColumns } from "../row.js";
import { examples, type FurtherCells } from "./item-source.js";

/** Columns of lists as `results.parquet` has them, a value for each picture, and what was changed or left out: sentences. */
export interface FurtherColumns {
  readonly columns: readonly AuditColumn[];
  readonly notes: readonly string[];
}

const MOST_COLUMNS = 100;
const LONGEST_NAME = 100;
const LONGEST_VALUE = 1_000;

/** Names that the tables of an audit and of its explorer have already, and one that JavaScript keeps for itself. */
const TAKEN: readonly string[] = [
  ...auditColumns,
  ...hygieneColumns,
  ...["cluster", "x", "y", "u", "v"],
  ...["id", "searched", "tags", "flags", "slices", "noted", "remarks", "file"],
  ...["change", "earlier_prediction", "earlier_probability"],
  "__proto__",
];

/**
 * The further columns of lists, each of one type: numbers, booleans and dates where every value is one, else texts.
 * @param files of the pictures, in the order of the rows
 */
export function furtherColumns(files: readonly string[], cells: FurtherCells): FurtherColumns {
  const names = new Set<string>();
  for (const row of cells.values()) for (const name of Object.keys(row)) names.add(name);
  const notes: string[] = [];
  const columns: AuditColumn[] = [];
  const taken = new Set(TAKEN);
  const leftOut: Record<"empty" | "nested" | "beyond", string[]> = { empty: [], nested: [], beyond: [] };
  for (const heading of names) {
    const values = files.map((file) => plain(cells.get(file)?.[heading]));
    if (values.every((value) => value === null)) leftOut.empty.push(heading);
    else if (values.some(isNested)) leftOut.nested.push(heading);
    else if (columns.length === MOST_COLUMNS) leftOut.beyond.push(heading);
    else {
      const name = freeName(heading, taken);
      taken.add(name.toLowerCase());
      if (name !== heading.trim()) notes.push(`the list's column '${shown(heading)}' is called '${name}' in the audit`);
      const { cut, ...typed } = typedColumn(values as readonly Plain[]);
      columns.push({ name, ...typed });
      if (cut > 0) {
        const what = `${plural(cut, "value")} of the list's column '${shown(heading)}'`;
        notes.push(`${what} ${cut === 1 ? "is" : "are"} cut at ${LONGEST_VALUE.toLocaleString("en")} characters`);
      }
    }
  }
  return { columns, notes: [...notes, ...leftOutNotes(leftOut)] };
}

function leftOutNotes(leftOut: Readonly<Record<"empty" | "nested" | "beyond", readonly string[]>>): string[] {
  const why = {
    empty: "without any value",
    nested: "of nested values or bytes",
    beyond: `beyond the first ${MOST_COLUMNS}`,
  };
  return Object.entries(why).flatMap(([kind, words]) => {
    const names = leftOut[kind as keyof typeof why];
    if (names.length === 0) return [];
    const columns = names.length === 1 ? "1 column" : `${names.length} columns`;
    return [`${columns} of the list ${words} left out: ${examples(names.map(shown))}`];
  });
}

/** A heading in a sentence. */
const shown = (heading: string) => readable(heading).slice(0, LONGEST_NAME);

/** On one line, without what cannot be seen or turns the direction of what follows. */
const readable = (text: string) =>
  text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/[\p{Cf}\p{Cs}]/gu, "")
    .trim();

/** The heading, else one that no table has: DuckDB does not tell case apart. */
function freeName(heading: string, taken: ReadonlySet<string>): string {
  const name = shown(heading) || "column";
  if (!taken.has(name.toLowerCase())) return name;
  for (let i = 1; ; i++) {
    const other = `list_${name}${i === 1 ? "" : `_${i}`}`;
    if (!taken.has(other.toLowerCase())) return other;
  }
}

type Plain = string | number | boolean | Date | null;

/** A cell without what stands for nothing; several texts are one, with `|` between them, as tags are written. */
function plain(value: unknown): Plain | object {
  if (value === null || value === undefined || value === "" || Number.isNaN(value)) return null;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value) && value.every((one) => typeof one === "string" || typeof one === "number")) {
    return value.length > 0 ? value.join("|") : null;
  }
  return value as Plain | object;
}

const isNested = (value: unknown) => typeof value === "object" && value !== null && !(value instanceof Date);

type Typed = Pick<AuditColumn, "type" | "data"> & { readonly cut: number };

function typedColumn(values: readonly Plain[]): Typed {
  for (const read of [asBooleans, asNumbers, asDates]) {
    const typed = read(values);
    if (typed) return { ...typed, cut: 0 };
  }
  let cut = 0;
  const data = values.map((value) => {
    if (value === null) return null;
    const text = value instanceof Date ? value.toISOString() : String(value);
    if (text.length <= LONGEST_VALUE) return text;
    cut += 1;
    return `${text.slice(0, LONGEST_VALUE).replace(/[\uD800-\uDBFF]$/, "")}…`;
  });
  return { type: "STRING", data, cut };
}

/** What tools write for no value; of a column of texts it may be one, as Namibia is NA. */
const NOTHING = /^(nan|na|n\/a|null|none)$/i;

/** All values read by `read`; undefined where one of them cannot be, or none can. */
function allRead<T>(values: readonly Plain[], read: (value: Plain) => T | undefined): (T | null)[] | undefined {
  const found: (T | null)[] = [];
  let some = false;
  for (const value of values) {
    if (value === null || (typeof value === "string" && NOTHING.test(value))) {
      found.push(null);
      continue;
    }
    const one = read(value);
    if (one === undefined) return undefined;
    some = true;
    found.push(one);
  }
  return some ? found : undefined;
}

function asBooleans(values: readonly Plain[]): Pick<AuditColumn, "type" | "data"> | undefined {
  const data = allRead(values, (value) => {
    if (typeof value === "boolean") return value;
    return typeof value === "string" && /^(true|false)$/i.test(value) ? /^true$/i.test(value) : undefined;
  });
  return data && { type: "BOOLEAN", data };
}

/** Not what begins with a zero, as postal codes do, nor whole numbers that would be rounded, as some identifiers would. */
const NUMBER = /^[+-]?(?!0\d)(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const LARGEST_INT32 = 2 ** 31 - 1;

function asNumbers(values: readonly Plain[]): Pick<AuditColumn, "type" | "data"> | undefined {
  const data = allRead(values, (value) => {
    if (typeof value === "number") return value;
    if (typeof value !== "string" || !NUMBER.test(value)) return undefined;
    const number = Number(value);
    const rounded = /^[+-]?\d+$/.test(value) && !Number.isSafeInteger(number);
    return rounded || !Number.isFinite(number) ? undefined : number;
  });
  const whole = data?.every((value) => value === null || (Number.isInteger(value) && Math.abs(value) <= LARGEST_INT32));
  return data && { type: whole ? "INT32" : "DOUBLE", data };
}

/** ISO 8601, whole days or with a time of day; without a zone it is taken as UTC. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

function asDates(values: readonly Plain[]): Pick<AuditColumn, "type" | "data"> | undefined {
  const data = allRead(values, (value) => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value;
    const [, day, time = "00:00", zone = "Z"] = (typeof value === "string" && DATE.exec(value)) || [];
    if (day === undefined) return undefined;
    const midnight = new Date(`${day}T00:00Z`);
    const found = new Date(`${day}T${time}${zone}`);
    // a day that the month does not have is no date
    const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
    return exists && !Number.isNaN(found.getTime()) ? found : undefined;
  });
  return data && { type: "TIMESTAMP", data };
}
