import { SightlineError } from "../core/errors.js";
import { messageOf } from "./safe-inspect.js";

/**
 * JSON text of what a cell wants to send.
 * @param what names it: "a comm message"
 * @throws SightlineError `bad-data`
 */
export function toJson(value: object, what: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    const [reason] = messageOf(cause).split("\n");
    throw new SightlineError("bad-data", `${what} cannot be sent as JSON (${reason})`, {
      expected: "text, finite numbers, booleans, lists and plain objects that do not contain themselves",
      cause,
    });
  }
}
