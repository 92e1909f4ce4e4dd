/** Sum from the first value to the last. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

/** Arithmetic mean; NaN of no values. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** Mean squared deviation from the mean (divided by n, not n − 1); NaN of no values. */
export function variance(values: ArrayLike<number>): number {
  const middle = mean(values);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] - middle) ** 2;
  return total / values.length;
}

/** Smallest and largest value; [Infinity, -Infinity] of no values. */
export function extent(values: ArrayLike<number>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** Pearson's correlation of two equally long series; 0 where one of them is constant. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const da = a[i] - meanA;
    const db = b[i] - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** The middle value, of an even number of values the mean of the middle two; NaN of no values. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
