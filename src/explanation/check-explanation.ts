import { SightlineError } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";

/** @throws SightlineError `bad-config` unless it is what `explain` gives */
export function checkExplanation(value: unknown): void {
  if (typeof value === "object" && value !== null && "provenance" in value) return;
  throw new SightlineError("bad-config", `not an explanation: ${kindOf(value)}`, {
    received: value,
    expected: "what explain gives",
    next: isPromise(value) ? "await the promise" : undefined,
  });
}
