import { closest, SightlineError } from "../../core/errors.js";
import { CheckResult, ExerciseList, type ExerciseState } from "./check-result.js";
import { checkRule, type ExerciseRule, judge } from "./rule.js";

interface Exercise {
  rule: ExerciseRule;
  state: ExerciseState;
  /** Answers that were wrong since the rule was set. */
  misses: number;
}

const all = new Map<string, Exercise>();

/** Answers are kept for whoever grades; what is longer than this is cut. */
const LONGEST_ANSWER = 200;
const LONGEST_FEEDBACK = 2_000;

/**
 * Sets an exercise, or sets it anew. A lesson does so in a cell of its own, tagged `exercise`, which pages fold and
 * `sightline grade` takes from the teacher's notebook.
 * @throws SightlineError `bad-config`
 * @example
 * exercise("most evidence", { answer: () => 2 + 2, hints: ["Count on your fingers."] });
 */
export function exercise(name: string, rule: ExerciseRule): void {
  if (typeof name !== "string" || name.trim() === "") {
    throw new SightlineError("bad-config", "an exercise needs a name", { received: name, expected: "a text" });
  }
  checkRule(name, rule);
  const state = all.get(name)?.state ?? { name, passed: null, attempts: 0, answer: null, feedback: "" };
  all.set(name, { rule, state, misses: 0 });
}

/**
 * Checks an answer against the rule of an exercise and says what is missing, with one hint more for every answer that
 * was not right. `undefined` stands for the answer that is still to come: it neither counts nor costs a hint.
 * @throws SightlineError `unknown-option` where there is no such exercise
 * @example
 * exercise("two and two", { answer: () => 4, hints: ["Count on your fingers."] });
 * console.log(check("two and two", 5).feedback);                // this is too large. Count on your fingers.
 * console.log(check("two and two", 4).passed);                  // true
 */
export function check(name: string, value: unknown): CheckResult {
  const known = all.get(name);
  if (!known) {
    throw new SightlineError("unknown-option", `unknown exercise '${name}'`, {
      received: name,
      expected: [...all.keys()].join(", ") || "an exercise of this notebook: run the cell that sets them first",
      next: closest(name, all.keys(), 1).map((near) => `did you mean '${near}'?`)[0],
    });
  }
  if (value === undefined) return new CheckResult({ ...known.state, passed: null, feedback: "there is no answer yet" });
  let verdict: true | string;
  try {
    verdict = judge(name, known.rule, value);
  } catch (error) {
    verdict = `this cannot be checked yet: ${error instanceof Error ? error.message : String(error)}`;
  }
  const passed = verdict === true;
  if (!passed) known.misses += 1;
  const hint = passed ? undefined : known.rule.hints?.[Math.min(known.misses, known.rule.hints.length) - 1];
  known.state = {
    name,
    passed,
    attempts: known.state.attempts + 1,
    answer: shorten(value),
    feedback: passed ? "" : cut([`${verdict}`.replace(/[.]$/, ""), hint].filter(Boolean).join(". "), LONGEST_FEEDBACK),
  };
  return new CheckResult(known.state);
}

/**
 * Every exercise that was set so far, in that order, with how far the reader is.
 * @example
 * exercise("last one", { answer: () => "a boat" });
 * check("last one", "A boat");
 * console.log(exercises().states.at(-1)?.passed);               // true
 */
export function exercises(): ExerciseList {
  return new ExerciseList([...all.values()].map(({ state }) => state));
}

function shorten(value: unknown): string {
  let text: string;
  try {
    text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return cut(text, LONGEST_ANSWER);
}

const cut = (text: string, longest: number) => (text.length > longest ? `${text.slice(0, longest)}…` : text);
