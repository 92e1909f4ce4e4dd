import { checkList } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";
import { ExplanationData } from "./explanation-data.js";

/** @throws SightlineError `bad-config` unless it is what `explain` gives */
export function checkExplanation(value: unknown): void {
  if (value instanceof ExplanationData) return;
  throw new SightlineError("bad-config", `not an explanation: ${kindOf(value)}`, {
    received: value,
    expected: "what explain gives",
    next: isPromise(value) ? "await the promise" : isSaved(value) ? "read it with Explanation.fromJSON" : undefined,
  });
}

const isSaved = (value: unknown) => typeof value === "object" && value !== null && "formatVersion" in value;

/**
 * One explanation or several as a list.
 * @throws SightlineError `bad-config` for none, or what is no explanation
 */
export function explanationList<One extends ExplanationData>(explanations: One | readonly One[]): readonly One[] {
  const all = [explanations].flat() as One[];
  checkList(all, "the explanations", "what explain gives, or a list of it");
  all.forEach(checkExplanation);
  return all;
}
