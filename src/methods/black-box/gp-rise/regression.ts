import { factor, rotate, type Tridiagonal } from "./linear-algebra.js";

/** Noise ratios tried: 21 from 1e-3 to 1e2, evenly on a logarithmic scale. */
export const NOISE_RATIOS: readonly number[] = Array.from({ length: 21 }, (_, i) => 10 ** (-3 + i / 4));

export interface Regression {
  /** (scale · C + r)⁻¹ · a. */
  readonly weights: Float64Array;
  /** Ratio r of the noise's variance to the signal's. */
  readonly noiseRatio: number;
  /** Variance σ² of the signal. */
  readonly variance: number;
  /** −log marginal likelihood, up to a constant. */
  readonly cost: number;
}

/**
 * Regression of antithetic differences a on a Gaussian process with covariance σ²·(scale · C + r), r by marginal
 * likelihood: the smallest of ½·(n − 1)·log mean(b²/(λ + r)) + ½·Σ log(λ + r) over {@link NOISE_RATIOS}, where the sums
 * of the pairs (their energy, in `pairs − 1` dimensions where λ = 0) count as pure noise. Rasmussen & Williams,
 * Gaussian Processes for Machine Learning, eq. 5.8, with σ² profiled out.
 */
export function regress(
  covariance: Tridiagonal,
  scale: number,
  differences: Float64Array,
  energyOfSums: number,
): Regression {
  const { size } = covariance;
  const b = rotate(covariance, differences.slice());
  const degrees = 2 * size - 1;
  let best = { cost: Number.POSITIVE_INFINITY, noiseRatio: 0, variance: 0 };
  for (const noiseRatio of NOISE_RATIOS) {
    const { pivots, lower } = factor(covariance, scale, noiseRatio);
    let quadratic = energyOfSums / noiseRatio;
    let logDeterminant = (size - 1) * Math.log(noiseRatio);
    let z = 0;
    for (let i = 0; i < size; i++) {
      z = b[i] - (i > 0 ? lower[i - 1] * z : 0);
      quadratic += (z * z) / pivots[i];
      logDeterminant += Math.log(pivots[i]);
    }
    const variance = quadratic / degrees;
    const cost = (degrees / 2) * Math.log(variance) + logDeterminant / 2;
    if (cost < best.cost) best = { cost, noiseRatio, variance };
  }
  const { pivots, lower } = factor(covariance, scale, best.noiseRatio);
  for (let i = 1; i < size; i++) b[i] -= lower[i - 1] * b[i - 1];
  for (let i = size - 1; i >= 0; i--) b[i] = b[i] / pivots[i] - (i < size - 1 ? lower[i] * b[i + 1] : 0);
  return { ...best, weights: rotate(covariance, b, true) };
}
