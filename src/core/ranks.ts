import { SightlineError } from "./errors.js";
import { pearson } from "./statistics.js";

const INDEX_BITS = 21;

/**
 * Indices by value, largest first; equal values keep their order. Each value's bits and its index make one exact
 * double, so that numbers are sorted without a comparison function: ten times faster on a picture's pixels.
 * @param values fewer than 2²¹, no NaN
 */
export function descending(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(Float32Array.from(values, (value) => value + 0).buffer);
  const keys = new Float64Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    const falling = bits[i] & 0x80000000 ? bits[i] : ~bits[i] & 0x7fffffff;
    keys[i] = (falling >>> 0) * 2 ** INDEX_BITS + i;
  }
  return Uint32Array.from(keys.sort(), (key) => key % 2 ** INDEX_BITS);
}

/** Ranks from 1 for the smallest; equal values share the mean of their ranks. */
export function ranks(values: Float32Array): Float64Array {
  const order = descending(values);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) out[order[i]] = values.length - (start + end - 1) / 2;
    start = end;
  }
  return out;
}

export const isConstant = (values: ArrayLike<number>): boolean => {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
};

/** Pearson's correlation; 1 where both series are constant, 0 where one of them is. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return isConstant(a) && isConstant(b) ? 1 : pearson(a, b);
}

/** Spearman's rank correlation, ties averaged; 1 where both series are constant, 0 where one of them is. */
export function spearman(a: Float32Array, b: Float32Array): number {
  return correlation(ranks(a), ranks(b));
}

/** {@link spearman} of one map with others; the notes say how often a constant map met one that is not. */
export function rankCorrelationWith(values: Float32Array): {
  correlation(other: Float32Array): number;
  notes(): string[];
} {
  const reference = ranks(values);
  let comparisons = 0;
  let degenerate = 0;
  return {
    correlation(other) {
      comparisons++;
      if (isConstant(values) !== isConstant(other)) degenerate++;
      return correlation(reference, ranks(other));
    },
    notes: () =>
      degenerate
        ? [`in ${degenerate} of ${comparisons} comparisons one of the two maps is constant: they count as 0`]
        : [],
  };
}

/** @throws SightlineError `not-finite` */
export function checkFinite(method: string, values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  throw new SightlineError("not-finite", `the map of ${method} has values that are not finite`, {
    expected: "finite numbers",
    next: "find out why the method or the model gave NaN or infinity on this picture",
  });
}

/**
 * How much each value belongs to the `count` largest, 0…1. Values tied at the border share what is left, so that no
 * order among equals decides.
 */
export function topMembership(values: Float32Array, count: number): Float64Array {
  const out = new Float64Array(values.length);
  if (count <= 0) return out;
  const border = Float32Array.from(values).sort()[Math.max(0, values.length - count)];
  let above = 0;
  let tied = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > border) above++;
    else if (values[i] === border) tied++;
  }
  for (let i = 0; i < values.length; i++) {
    if (values[i] > border) out[i] = 1;
    else if (values[i] === border) out[i] = Math.min(1, (count - above) / tied);
  }
  return out;
}
