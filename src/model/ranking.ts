import type { ModelInfo, Prediction } from "./types.js";

/** The `count` most probable classes, best first; equal ones in the order of their indices. */
export function topPredictions(labels: readonly string[], probabilities: Float32Array, count: number): Prediction[] {
  const best: number[] = [];
  for (let index = 0; index < probabilities.length; index++) {
    const probability = probabilities[index];
    if (best.length >= count && !(probability > probabilities[best[best.length - 1]])) continue;
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (probability > probabilities[best[middle]]) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, index);
    if (best.length > count) best.pop();
  }
  return best.map((index) => predictionOf(labels, probabilities, index));
}

export function predictionOf(labels: readonly string[], probabilities: Float32Array, index: number): Prediction {
  return { index, label: labels[index], probability: probabilities[index] };
}

/** The answer of a model that has one class only, where it does not see it. */
export const denial = (label: string) => `not ${label}`;

/**
 * What a classifier says, best first; a model of one class says two things, its label or that it is not.
 * @param predictions the several most probable classes; a single one where there is no other
 */
export function answersOf(predictions: readonly Prediction[]): readonly Prediction[] {
  const [yes, ...others] = predictions;
  if (yes === undefined || others.length > 0) return predictions;
  const no = { ...yes, label: denial(yes.label), probability: 1 - yes.probability };
  return yes.probability >= 0.5 ? [yes, no] : [no, yes];
}

/** The class that probabilities give; −1 where a model of one class says no. */
export function classGiven(probabilities: ArrayLike<number>): number {
  if (probabilities.length === 1) return probabilities[0] >= 0.5 ? 0 : -1;
  let best = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[best]) best = i;
  return best;
}

/** Whether several classes may be right at once, as each has a probability of its own. */
export const hasIndependentLabels = ({
  classes,
  activation,
  probabilities,
}: Pick<ModelInfo, "classes" | "activation" | "probabilities">): boolean =>
  classes > 1 && (activation === "sigmoid" || probabilities === "sigmoid");

/** From how probable an independent label counts as seen. */
export const SEEN_FROM = 0.5;

/** Which of independent labels are seen, by index. */
export function seenLabels(probabilities: ArrayLike<number>): number[] {
  const seen: number[] = [];
  for (let i = 0; i < probabilities.length; i++) if (probabilities[i] >= SEEN_FROM) seen.push(i);
  return seen;
}

/** Whether a model says that a picture has a class: that it is seen, where labels are independent, else that it is the answer. */
export const hasClass = (
  { info }: { readonly info: Pick<ModelInfo, "classes" | "activation" | "probabilities"> },
  probabilities: ArrayLike<number>,
  index: number,
): boolean => (hasIndependentLabels(info) ? probabilities[index] >= SEEN_FROM : classGiven(probabilities) === index);
