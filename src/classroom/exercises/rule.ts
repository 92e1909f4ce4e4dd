import { sha256 } from "#platform/hash";
import { checkText } from "../../core/checks.js";
import { SightlineError } from "../../core/errors.js";
import { checkRange } from "../../core/options.js";

/** What an exercise asks for. */
export type Answer = number | string | boolean;

/** What every rule may have. */
export interface ExerciseHints {
  /** What a reader is told, one more with every attempt that fails. */
  readonly hints?: readonly string[];
}

/** The answer as a hash, made by {@link answerHash}: for answers that do not depend on what the reader did. */
export interface HashedRule extends ExerciseHints {
  readonly hash: string;
  /** Digits behind the point that count; the answer is a number then, otherwise a text, or true or false. */
  readonly digits?: number;
}

/** The answer worked out from what the cells above hold. */
export interface ComputedRule extends ExerciseHints {
  /** One answer, or several in any order. */
  readonly answer: () => Answer | readonly Answer[];
  /** How far a number may be from it; by default 1 % of it. */
  readonly within?: number;
}

/** A condition that the answer has to meet. */
export interface TestRule extends ExerciseHints {
  /** True where the answer is right; what is missing, as a sentence, where it is not. */
  readonly test: (value: unknown) => boolean | string;
}

/** How an exercise knows that an answer is right, without the answer standing in the lesson. */
export type ExerciseRule = HashedRule | ComputedRule | TestRule;

/** True, or what is wrong as far as it can be said without giving the answer away. */
export type Verdict = true | string;

/** @throws SightlineError `bad-config` where it is none of the three kinds, or two of them at once */
export function checkRule(name: string, rule: ExerciseRule): void {
  const expected = "one of hash, answer and test";
  if (typeof rule !== "object" || rule === null) {
    throw new SightlineError("bad-config", `exercise '${name}' has no rule`, { received: rule, expected });
  }
  const kinds = ["hash", "answer", "test"].filter((kind) => kind in rule);
  if (kinds.length !== 1) {
    throw new SightlineError("bad-config", `exercise '${name}' has ${kinds.join(" and ") || "no rule"}`, {
      received: kinds,
      expected,
    });
  }
  if ("hash" in rule && !/^[0-9a-f]{16}$/.test(rule.hash)) {
    throw new SightlineError("bad-config", `the hash of exercise '${name}' is no answer's`, {
      received: rule.hash,
      expected: `16 hexadecimal digits as answerHash("${name}", answer) gives them`,
    });
  }
  if ("hash" in rule && rule.digits !== undefined) checkRange("digits", rule.digits, 0, 12, true);
  if ("answer" in rule && rule.within !== undefined) checkRange("within", rule.within, 0, Number.MAX_VALUE);
}

/**
 * The hash by which an exercise knows its answer, the first 64 bits of a SHA-256 over its name and the answer.
 * Capitals and white space at the ends do not count in texts. It keeps an answer from being read by accident; whoever
 * tries all the numbers from 0 to 1 finds it.
 * @param digits digits behind the point that count, for numbers; 0 by default
 * @example
 * console.log(answerHash("how sure", 0.9381, { digits: 2 }) === answerHash("how sure", 0.94, { digits: 2 }));   // true
 */
export function answerHash(name: string, answer: Answer, { digits = 0 }: { digits?: number } = {}): string {
  checkText(name, "the exercise's name", "a text");
  checkRange("digits", digits, 0, 12, true);
  return sha256(`${name.length}:${name}:${canonical(answer, digits)}`).slice(0, 16);
}

function canonical(answer: Answer, digits: number): string {
  if (typeof answer === "number") return `number ${(answer + 0).toFixed(digits).replace(/^-(?=[0.]+$)/, "")}`;
  return `${typeof answer} ${plain(String(answer))}`;
}

/** A text as it counts: composed, in small letters, with single blanks. */
const plain = (text: string) => text.normalize("NFC").trim().toLowerCase().replace(/\s+/g, " ");

/** Whether the value is right by the rule. */
export function judge(name: string, rule: ExerciseRule, value: unknown): Verdict {
  if (value instanceof Promise) return "a promise came: put `await` before the answer";
  if (typeof value === "number" && Number.isNaN(value)) return "the answer is not a number (NaN)";
  if ("test" in rule) {
    const verdict = rule.test(value);
    return verdict === true ? true : verdict || "this is not right yet";
  }
  if ("hash" in rule) return judgeHash(name, rule, value);
  const answer = rule.answer();
  return isList(answer) ? judgeList(answer, rule, value) : judgeOne(answer, rule, value);
}

const isList = (answer: Answer | readonly Answer[]): answer is readonly Answer[] => Array.isArray(answer);

function judgeHash(name: string, { hash, digits }: HashedRule, value: unknown): Verdict {
  const given = asAnswer(value, digits === undefined ? "a text" : "a number");
  if (typeof given === "object") return given.wrong;
  if (digits === undefined) return answerHash(name, given) === hash || "this is not right yet";
  if (typeof given !== "number") return `a number is expected, ${nounOf(value)} came`;
  const fits = (number: number) => answerHash(name, number, { digits }) === hash;
  if (fits(given)) return true;
  if (fits(-given)) return "the sign is wrong";
  if (fits(given / 100)) return "this is 100 times too large: is a share asked for, and not a percentage?";
  if (fits(given * 100)) return "this is 100 times too small: is a percentage asked for, and not a share?";
  return "this is not right yet";
}

function judgeOne(answer: Answer, { within }: ComputedRule, value: unknown): Verdict {
  const given = asAnswer(value, nounOf(answer));
  if (typeof given === "object") return given.wrong;
  if (typeof given !== typeof answer) return `${nounOf(answer)} is expected, ${nounOf(value)} came`;
  if (typeof answer !== "number" || typeof given !== "number") {
    return same(given, answer, 0) || "this is not right yet";
  }
  const tolerance = within ?? Math.abs(answer) / 100;
  if (same(given, answer, tolerance)) return true;
  return `this is too ${given > answer ? "large" : "small"}`;
}

function judgeList(answers: readonly Answer[], { within }: ComputedRule, value: unknown): Verdict {
  if (!Array.isArray(value)) return `a list of ${answers.length} is expected, ${nounOf(value)} came`;
  const left = [...answers];
  for (const given of value) {
    const found = left.findIndex((answer) => same(given, answer, within ?? Math.abs(Number(answer)) / 100));
    if (found >= 0) left.splice(found, 1);
  }
  const right = answers.length - left.length;
  if (left.length === 0 && value.length === answers.length) return true;
  const missing = left.length > 0 && `${left.length} of ${answers.length} missing`;
  const wrong = value.length > right && `${value.length - right} of those given not right`;
  return [missing, wrong].filter(Boolean).join(", ");
}

function same(given: unknown, answer: Answer, tolerance: number): boolean {
  if (typeof given !== typeof answer) return false;
  if (typeof answer === "number") return Math.abs((given as number) - answer) <= tolerance;
  return plain(String(given)) === plain(String(answer));
}

function asAnswer(value: unknown, expected: string): Answer | { readonly wrong: string } {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  return { wrong: `${expected} is expected, ${nounOf(value)} came` };
}

function nounOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "number") return "a number";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "function" ? "a function" : `an object`;
}
