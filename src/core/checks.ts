import { didYouMean, SightlineError } from "./errors.js";
import { isPromise, kindOf } from "./kind-of.js";

/** @param what "the options of explain" @throws SightlineError `bad-config` for what is no object, or a list */
export function checkObject(value: unknown, what: string): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new SightlineError("bad-config", `${what} are ${kindOf(value)}`, { received: value, expected: "an object" });
}

/**
 * Refuses options that are no object, keys that are not known (with suggestions), a `signal` that is none, and under a
 * name such as `onProgress` what cannot be called. `aliases` are taken, but not listed.
 * @param of whose options they are: "explain"
 * @throws SightlineError `unknown-option`, `bad-config`
 */
export function checkKeys(
  options: unknown,
  known: Iterable<string>,
  of: string,
  aliases: readonly string[] = [],
): asserts options is object {
  checkObject(options, `the options of ${of}`);
  const names = new Set(known);
  for (const [key, value] of Object.entries(options)) {
    if (!names.has(key) && !aliases.includes(key)) {
      throw new SightlineError("unknown-option", `unknown option '${key}' of ${of}`, {
        received: key,
        expected: names.size > 0 ? `one of ${[...names].join(", ")}` : "no options",
        next: didYouMean(key, names),
      });
    }
    if (value === undefined) continue;
    if (key === "signal" && !isSignal(value)) throw misfit(of, key, value, "an AbortSignal");
    if (/^on[A-Z]/.test(key) && typeof value !== "function") throw misfit(of, key, value, "a function");
  }
}

const isSignal = (value: unknown) =>
  typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;

const misfit = (of: string, key: string, received: unknown, expected: string) =>
  new SightlineError("bad-config", `${key} of ${of} is ${kindOf(received)}`, { received, expected });

/**
 * @param what whose value it is: "the audit's folder"
 * @param expected what it should be: "the path of a folder"
 * @throws SightlineError `bad-config` for what is no text, or empty
 */
export function checkText(value: unknown, what: string, expected: string): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new SightlineError("bad-config", `${what} is ${value === "" ? "empty" : kindOf(value)}`, {
    received: value,
    expected,
  });
}

/**
 * @param what the list's name, in the plural: "the evaluations"
 * @param expected what it should be: "a list of what evaluate gives"
 * @throws SightlineError `bad-config` for what is no list, or empty
 */
export function checkList(value: unknown, what: string, expected: string): asserts value is readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return;
  throw new SightlineError("bad-config", `${what} are ${kindOf(value)}`, {
    received: value,
    expected,
    next: isPromise(value) ? "await the promise" : undefined,
  });
}
