/** Mean of the precision at each wrong label, the least believable label first, equal ones together as scikit-learn has it. */
export function averagePrecision(quality: Float64Array, wrong: readonly boolean[]): number {
  const order = [...quality.keys()].sort((a, b) => quality[a] - quality[b]);
  let [sum, found, seen] = [0, 0, 0];
  while (seen < order.length) {
    let [equal, own] = [0, 0];
    for (; seen + equal < order.length && quality[order[seen + equal]] === quality[order[seen]]; equal++) {
      if (wrong[order[seen + equal]]) own += 1;
    }
    found += own;
    seen += equal;
    sum += (own * found) / seen;
  }
  return sum / found;
}
