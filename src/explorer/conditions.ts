import { SightlineError } from "../core/errors.js";
import * as z from "../core/zod.js";
import type { Parameter } from "../platform/sql.js";
import { MOST_PICTURES } from "./runs.js";
import type { Column, Condition, Filter } from "./types.js";

const MOST_VALUES = 10_000;
const LONGEST_TEXT = 1_000;
const LONGEST_SQL = 10_000;

const condition = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("values"),
    column: z.string(),
    values: z.array(z.string().nullable()).min(1).max(MOST_VALUES),
  }),
  z.strictObject({ kind: z.literal("range"), column: z.string(), from: z.number(), to: z.number() }),
  z.strictObject({ kind: z.literal("text"), text: z.string().max(LONGEST_TEXT) }),
  z.strictObject({ kind: z.literal("sql"), where: z.string().min(1).max(LONGEST_SQL) }),
  z.strictObject({
    kind: z.literal("pictures"),
    ids: z.array(z.int().nonnegative()).max(MOST_PICTURES),
    name: z.string().max(LONGEST_TEXT),
  }),
]);

/** A filter as it may come from outside. */
export const filterSchema: z.ZodType<Filter> = z.array(condition).max(100);

/** The values of a statement's parameters, in the order of their numbers. */
export class Parameters {
  readonly values: Parameter[] = [];

  /** @returns what stands for the value in the statement */
  add(value: Parameter): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** A name as SQL writes it. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The numbers of a column of numbers; times are texts, as a page shows them. */
export const numberSql = ({ name, time }: Column) =>
  time ? `epoch_ms(${quoted(name)}::timestamp)::double` : `${quoted(name)}::double`;

/** Where the pictures of a condition in SQL are kept once they are known. */
export type PicturesOf = (where: string) => string;

/**
 * What stands behind `where`.
 * @param picturesOf the table of the pictures for which a condition in SQL holds
 * @throws SightlineError `bad-config` for a column that is not there, or of another kind
 */
export function whereSql(
  filter: Filter,
  columns: ReadonlyMap<string, Column>,
  parameters: Parameters,
  picturesOf: PicturesOf,
): string {
  const all = filter.map((one) => `(${conditionSql(one, columns, parameters, picturesOf)})`);
  return all.length > 0 ? all.join(" and ") : "true";
}

function conditionSql(
  one: Condition,
  columns: ReadonlyMap<string, Column>,
  parameters: Parameters,
  picturesOf: PicturesOf,
): string {
  switch (one.kind) {
    case "values":
      return valuesSql(columnOf(one.column, columns), one.values, parameters);
    case "range":
      return `${numberSql(columnOf(one.column, columns))} between ${parameters.add(one.from)}::double and ${parameters.add(one.to)}::double`;
    case "text":
      return textSql(one.text, parameters);
    case "sql":
      return `id in (select id from ${quoted(picturesOf(one.where))})`;
    case "pictures":
      return one.ids.length === 0 ? "false" : `id in (${idsSql(one.ids, parameters)})`;
  }
}

/** A list of numbers of pictures as a query. */
export const idsSql = (ids: readonly number[], parameters: Parameters) =>
  `select unnest(string_split(${parameters.add(ids.join(","))}, ',')::integer[]) as id`;

function valuesSql({ name, kind }: Column, values: readonly (string | null)[], parameters: Parameters): string {
  const given = values.filter((value) => value !== null).map((value) => parameters.add(value));
  const some = given.length > 0 ? [given.join(", ")] : [];
  const none = values.includes(null);
  if (kind === "set") {
    const sets = some.map((list) => `id in (select id from ${quoted(name)} where value in (${list}))`);
    return [...sets, ...(none ? [`id not in (select id from ${quoted(name)})`] : [])].join(" or ");
  }
  const single = some.map((list) => `coalesce(${quoted(name)}::varchar in (${list}), false)`);
  return [...single, ...(none ? [`${quoted(name)} is null`] : [])].join(" or ");
}

function textSql(text: string, parameters: Parameters): string {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.map((word) => {
    const value = parameters.add(word);
    return `(contains(searched, ${value}) or id in (select id from notes where contains(lower(value), ${value})))`;
  });
  return found.length > 0 ? found.join(" and ") : "true";
}

/** @throws SightlineError `bad-config` where there is none of this name */
export function columnOf(name: string, columns: ReadonlyMap<string, Column>): Column {
  const column = columns.get(name);
  if (column) return column;
  throw new SightlineError("bad-config", `this audit has no column '${name}'`, {
    received: name,
    expected: `one of ${[...columns.keys()].join(", ")}`,
  });
}
