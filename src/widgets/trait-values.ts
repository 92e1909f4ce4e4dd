/** Whether a value from the front end can stand where the example does; any plain value can where the example is null. */
export function sameKind(value: unknown, example: unknown): boolean {
  if (example === null) return value === null || ["number", "string", "boolean"].includes(typeof value);
  if (typeof value === "number") return typeof example === "number" && Number.isFinite(value);
  if (Array.isArray(example)) {
    return Array.isArray(value) && (example.length === 0 || value.every((item) => sameKind(item, example[0])));
  }
  return typeof value === typeof example && value !== null && !Array.isArray(value);
}

/** Whether a trait has the same value; lists are compared item by item. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, i) => equal(item, b[i]));
}

/** An index that a front end sent, as one of a list of this length. */
export function boundedIndex(index: number, length: number): number {
  return Math.min(length - 1, Math.max(0, Math.trunc(index)));
}

/** Whether a front end sent an index of a list of this length. */
export function isIndex(value: unknown, length: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < length;
}

/** What a view says of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
