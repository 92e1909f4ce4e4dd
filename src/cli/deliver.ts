import { SightlineError } from "../core/errors.js";
import { failureOf, isOfTheCall } from "../core/failures.js";
import { report } from "./terminal.js";
import { visibleJson } from "./visible.js";

/** A row that stands for what could not be delivered. */
export interface Undelivered {
  readonly [key: string]: unknown;
  readonly error: { readonly code?: string; readonly message: string };
}

/**
 * Does the same for each of several things. One that fails is named on stderr and makes the command fail in the end; the
 * others are delivered.
 * @param kind key of the row that names what failed
 */
export async function deliverEach(
  things: readonly string[],
  kind: string,
  asJson: boolean | undefined,
  work: (thing: string) => Promise<void>,
): Promise<Undelivered[]> {
  const undelivered: Undelivered[] = [];
  for (const thing of things) {
    try {
      await work(thing);
    } catch (error) {
      if (isOfTheCall(error)) throw error;
      const { message } = failureOf(error);
      const row = { [kind]: thing, error: error instanceof SightlineError ? error.toJSON() : { message } };
      undelivered.push(row);
      report(asJson ? visibleJson(row) : `sightline: ${thing}: ${message}`);
      process.exitCode = 1;
    }
  }
  return undelivered;
}
