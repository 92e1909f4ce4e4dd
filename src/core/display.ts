/** Representations of one value by MIME type: text as strings, pictures as base64 strings, JSON types as values. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** MIME type of a table's rows as data, for programs that read executed notebooks. */
export const ROWS_TYPE = "application/vnd.sightline.rows+json";

/** MIME type of exercises and what became of them, see `check`. */
export const CHECK_TYPE = "application/vnd.sightline.check+json";

/**
 * The method by which an object shows itself in a notebook: called without arguments, it returns a {@link MimeBundle}
 * or a promise of one. It should hold `text/plain` besides anything richer.
 * @example
 * class Square {
 *   [displaySymbol]() {
 *     return { "text/html": "<svg><rect width='9' height='9'/></svg>", "text/plain": "a square" };
 *   }
 * }
 * new Square();
 */
export const displaySymbol: unique symbol = Symbol.for("sightline.display") as never;

/** An object that knows how to show itself. */
export interface Displayable {
  [displaySymbol](): MimeBundle | Promise<MimeBundle>;
}

/** Whether a value has the {@link displaySymbol} method. */
export function isDisplayable(value: unknown): value is Displayable {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Partial<Displayable>)[displaySymbol] === "function"
  );
}
