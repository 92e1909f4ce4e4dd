/** The class of the highest score but for one. */
export function runnerUp(scores: ArrayLike<number>, target: number): number {
  let best = target === 0 ? 1 : 0;
  for (let c = 0; c < scores.length; c++) if (c !== target && scores[c] > scores[best]) best = c;
  return best;
}

/** Weights of scores whose sum is the score of one class less that of another. */
export function differenceWeights(classes: number, plus: number, minus: number): Float32Array {
  const weights = new Float32Array(classes);
  weights[plus] += 1;
  weights[minus] -= 1;
  return weights;
}
