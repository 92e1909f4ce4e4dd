import { checkKeys } from "./checks.js";
import { SightlineError } from "./errors.js";

/** A finite number within bounds; `above` and `below` leave their bound out. */
export interface NumberLimit {
  readonly from?: number;
  readonly above?: number;
  readonly to?: number;
  readonly below?: number;
  readonly whole?: boolean;
  /** What to do with a number outside of them, as half a sentence. */
  readonly next?: string;
}

/** What an option can be: one of some values, a number within bounds, or a list of at least one such number. */
export type Limit = readonly (string | boolean)[] | NumberLimit | { readonly each: NumberLimit };

/** A limit for every option; undefined where any value goes or another part checks it. */
export type Limits<Options extends object> = {
  readonly [Name in keyof Required<Options>]: Limit | undefined;
};

export const BOOLEAN: Limit = [true, false];

/** The words of a union, in the order given: the compiler refuses a list that lacks one, or has one too many. */
export function wordsOf<Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] {
  return Object.keys(words) as Word[];
}

/** Names of options whose type is known, see {@link wordsOf}. */
export function optionNames<Options extends object>(names: { readonly [Name in keyof Required<Options>]: true }) {
  return Object.keys(names) as (keyof Options & string)[];
}

/**
 * Checks options against their limits; options that are undefined are skipped.
 * @param owner whose options they are, for the error's sentence
 * @throws SightlineError `bad-config`
 */
export function checkOptions(
  owner: string,
  limits: Readonly<Record<string, Limit | undefined>>,
  options: object,
): void {
  for (const [name, limit] of Object.entries(limits)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (limit === undefined || value === undefined || isWithin(limit, value)) continue;
    throw new SightlineError("bad-config", `${owner} cannot use ${name} ${shown(value)}`, {
      received: value,
      expected: describeLimit(limit),
      next: "next" in limit ? limit.next : undefined,
    });
  }
}

/**
 * Checks an option that is itself an object of options.
 * @throws SightlineError `bad-config`, `unknown-option`
 */
export function checkLimited(name: string, value: unknown, limits: Readonly<Record<string, Limit | undefined>>): void {
  const keys = Object.keys(limits);
  if (typeof value !== "object" || value === null) {
    throw new SightlineError("bad-config", `${name} is ${value}`, {
      received: value,
      expected: `an object with ${keys.join(" or ")}`,
    });
  }
  checkKeys(value, keys, name);
  checkOptions(name, limits, { ...value });
}

/** @throws SightlineError `bad-config` unless a number lies in a range */
export function checkRange(name: string, value: number, from: number, to: number, whole = false): void {
  const limit: NumberLimit = { from, to, whole };
  if (isNumberWithin(limit, value)) return;
  throw new SightlineError("bad-config", `${name} is ${value}`, { received: value, expected: describeLimit(limit) });
}

const isList = (limit: Limit): limit is readonly (string | boolean)[] => Array.isArray(limit);

function isWithin(limit: Limit, value: unknown): boolean {
  if (isList(limit)) return limit.includes(value as string);
  if (!("each" in limit)) return isNumberWithin(limit, value);
  return isSeries(value) && value.length > 0 && value.every((one) => isNumberWithin(limit.each, one));
}

const isSeries = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

function isNumberWithin({ from, above, to, below, whole }: NumberLimit, value: unknown): boolean {
  if (typeof value !== "number" || !Number.isFinite(value) || (whole && !Number.isInteger(value))) return false;
  const low = (from === undefined || value >= from) && (above === undefined || value > above);
  return low && (to === undefined || value <= to) && (below === undefined || value < below);
}

/** What a limit allows, as the end of a sentence. */
export function describeLimit(limit: Limit): string {
  if (isList(limit)) return limit.join(", ");
  if ("each" in limit) return `a list of numbers, each ${describeLimit(limit.each)}`;
  const { from, above, to, below, whole } = limit;
  const noun = whole ? "a whole number" : "a number";
  if (from !== undefined && to !== undefined) return `${noun} from ${from} to ${to}`;
  if (above !== undefined && below !== undefined) return `${noun} between ${above} and ${below}`;
  const low = from !== undefined ? `of at least ${from}` : above !== undefined ? `above ${above}` : undefined;
  const high = to !== undefined ? `of at most ${to}` : below !== undefined ? `below ${below}` : undefined;
  return [noun, [low, high].filter(Boolean).join(" and ")].filter(Boolean).join(" ");
}

const shown = (value: unknown): string => (typeof value === "string" ? `'${value}'` : String(value));
