/**
 * Benjamini and Hochberg's correction (JRSS B 1995): of all results whose value here is at most q, a share of q is
 * expected to be chance.
 * @param ps probabilities of results, were there nothing to be found
 * @returns in the same order
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[b] - ps[a]);
  const corrected = new Array<number>(ps.length);
  let least = 1;
  for (const [position, i] of order.entries()) {
    least = Math.min(least, (ps[i] * ps.length) / (ps.length - position));
    corrected[i] = least;
  }
  return corrected;
}

/** Probability that a standard normal variable is as far from 0 as this one or farther (Abramowitz & Stegun 7.1.26, to 1.5e−7). */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(1, poly * Math.exp(-x * x));
}
