import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { checkOptions, type Limits } from "../core/options.js";
import type { Prediction } from "../model/types.js";

/** The situations in which a reader meets a prediction. */
export const CASES = [
  "true positive, high confidence",
  "true positive, low confidence",
  "false positive, high confidence",
  "false positive, low confidence",
  "missed class",
  "mixed predictions",
  "confident, truth unknown",
  "uncertain, truth unknown",
] as const;

/** One of {@link CASES}. */
export type Case = (typeof CASES)[number];

/** Where one case ends and the next begins; all are probabilities or ratios of them, 0…1. */
export interface CaseThresholds {
  /** From this probability on a prediction is confident. */
  readonly high: number;
  /** The second class is mixed with the first from this share of its probability on. */
  readonly mixed: number;
  /** The true class is missed rather than denied from this probability on. */
  readonly plausible: number;
}

/** The thresholds of {@link caseOf} unless others are given. */
export const CASE_THRESHOLDS: CaseThresholds = { high: 0.5, mixed: 0.8, plausible: 0.1 };

const LIMITS: Limits<CaseThresholds> = {
  high: { from: 0, to: 1 },
  mixed: { from: 0, to: 1 },
  plausible: { from: 0, to: 1 },
};

/** All thresholds, those given checked. @throws SightlineError `unknown-option`, `bad-config` */
export function caseThresholds(given: Partial<CaseThresholds> = {}): CaseThresholds {
  checkKeys(given, Object.keys(CASE_THRESHOLDS), "thresholds");
  checkOptions("thresholds", LIMITS, given);
  return { ...CASE_THRESHOLDS, ...given };
}

/** What {@link caseOf} needs of a prediction. */
export type CaseAnswer = Pick<Prediction, "label" | "probability">;

/**
 * Which case a prediction is.
 * @param predictions most probable first; the true class should be among them where the model gives it any weight
 * @param truth label of the true class, or several that would all be right; unknown when absent
 * @example
 * const predictions = [
 *   { index: 0, label: "cat", probability: 0.9 },
 *   { index: 1, label: "dog", probability: 0.05 },
 * ];
 * console.log(caseOf(predictions, "dog"));                    // false positive, high confidence
 * @throws SightlineError `bad-config` without a prediction, or for a threshold out of 0…1, `unknown-option`
 */
export function caseOf(
  predictions: readonly CaseAnswer[],
  truth?: string | readonly string[],
  thresholds: Partial<CaseThresholds> = {},
): Case {
  const { high, mixed, plausible } = caseThresholds(thresholds);
  const [first, second] = Array.isArray(predictions) ? (predictions as readonly CaseAnswer[]) : [];
  if (typeof first?.probability !== "number") {
    throw new SightlineError("bad-config", `there is no prediction in ${kindOf(predictions)}`, {
      received: predictions,
      expected: "what model.predict gives: at least one { index, label, probability }",
    });
  }
  const truths = truth === undefined ? [] : typeof truth === "string" ? [truth] : truth;
  const right = (prediction?: CaseAnswer) => prediction !== undefined && truths.includes(prediction.label);
  const truthKnown = truths.length > 0;

  if (first.probability >= high) {
    if (!truthKnown) return "confident, truth unknown";
    return right(first) ? "true positive, high confidence" : "false positive, high confidence";
  }
  const torn = second !== undefined && second.probability >= mixed * first.probability;
  if (torn && (!truthKnown || right(first) || right(second))) return "mixed predictions";
  if (!truthKnown) return "uncertain, truth unknown";
  if (right(first)) return "true positive, low confidence";
  const missed = predictions.some((prediction) => right(prediction) && prediction.probability >= plausible);
  return missed ? "missed class" : "false positive, low confidence";
}
