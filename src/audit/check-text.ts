import { SightlineError } from "../core/errors.js";

/**
 * @param what "the audit's folder"
 * @throws SightlineError `bad-config` for what is no text, or empty
 */
export function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new SightlineError("bad-config", `${what} must be a text`, { received: value, expected: "a text" });
}
