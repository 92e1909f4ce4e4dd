/**
 * Average precision: Σ (recall − recall before) · precision down the order of probabilities, equal ones taken together;
 * undefined recall, where nothing has the label, is null. As scikit-learn's `average_precision_score` has it.
 * @param has 1 where the label is there
 */
export function averagePrecision(probabilities: Float64Array, has: Float64Array): number | null {
  const total = has.reduce((sum, one) => sum + one, 0);
  if (total === 0) return null;
  const order = Uint32Array.from(has.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
  let [sum, found, before] = [0, 0, 0];
  for (const [place, i] of order.entries()) {
    found += has[i];
    const isLast = place + 1 === order.length || probabilities[order[place + 1]] !== probabilities[i];
    if (!isLast) continue;
    sum += ((found - before) / total) * (found / (place + 1));
    before = found;
  }
  return sum;
}
