import type { Prediction } from "./types.js";

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
