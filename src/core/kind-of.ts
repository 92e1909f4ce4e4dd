/** What a value is, for an error that refuses it: "a list of 3", "an object (Promise)", "undefined". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value)))
    return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value !== "object")
    return typeof value === "string" ? `the text '${value.slice(0, 60)}'` : `a ${typeof value}`;
  return value.constructor?.name ? `an object (${value.constructor.name})` : "an object";
}

/** Whether somebody forgot to await it. */
export function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
