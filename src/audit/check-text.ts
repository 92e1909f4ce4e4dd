import { SightlineError } from "../core/errors.js";

/**
 * @param what whose value it is: "the audit's folder"
 * @param expected what it should be: "the path of a folder"
 * @throws SightlineError `bad-config` for what is no text, or empty
 */
export function checkText(value: unknown, what: string, expected: string): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  const came =
    value === "" ? "empty" : value === null || value === undefined ? `${value}` : `a value of type ${typeof value}`;
  throw new SightlineError("bad-config", `${what} is ${came}`, { received: value, expected });
}
