import type { CooperativeTask } from "../../../core/cooperative.js";
import type { RawMap } from "../../../core/raw-map.js";
import { resizeMap } from "../../../image/resize-map.js";
import type { RawImage } from "../../../image/types.js";
import { cholesky, dot, products, quadraticForms, type Tridiagonal, tridiagonalise } from "./linear-algebra.js";
import { MAP_SIDE, PRIOR_SIDE, placeKernel, type Reach } from "./place-kernel.js";
import { type Regression, regress } from "./regression.js";

/** The Gaussian process of one picture, told of masks by pairs of opposites, whatever design they come from. */
export class PairProcess {
  /** Per pair: block means d, K·d, and d·K·d' with itself and at least every earlier pair. */
  readonly #blocks: Float64Array[] = [];
  readonly #images: Float64Array[] = [];
  readonly #covariances: Float64Array[] = [];
  /** The last one asked for. */
  #latest?: Covariance;

  /** @param prior how far places and colours speak for others */
  static *of(image: RawImage, prior: Readonly<Reach>): CooperativeTask<PairProcess> {
    return new PairProcess(yield* placeKernel(image, PRIOR_SIDE, prior), yield* placeKernel(image, MAP_SIDE, prior));
  }

  private constructor(
    private readonly coarse: readonly Float64Array[],
    private readonly fine: readonly Float64Array[],
  ) {}

  /** How many pairs it knows of. */
  get pairs(): number {
    return this.#blocks.length;
  }

  /** @param pairs for each the means of its mask over 28 × 28 blocks, less ½ */
  add(pairs: readonly Float64Array[]): void {
    const images = products(this.coarse, pairs);
    this.#blocks.push(...pairs);
    this.#images.push(...images);
    this.#covariances.push(...products(this.#blocks, images));
  }

  /**
   * Posterior means, one per series of scores.
   * @param scores scores of pair k's mask and its opposite at 2k and 2k + 1
   * @param half only even or odd pairs
   */
  *solve(scores: readonly (readonly number[])[], half?: 0 | 1): CooperativeTask<Solution[]> {
    const pairs = this.#chosen(half);
    const covariance = yield* this.#covariance(pairs);
    const solutions: Solution[] = [];
    for (const series of scores) {
      yield;
      const { differences, energyOfSums, deviation } = standardise(series, pairs);
      const evidence = new Float64Array(PRIOR_SIDE * PRIOR_SIDE);
      const fit = deviation > 0 ? regress(covariance.form, covariance.scale, differences, energyOfSums) : undefined;
      fit?.weights.forEach((weight, i) => {
        const scaled = (weight * deviation * covariance.scale) / Math.SQRT2;
        const blocks = this.#blocks[pairs[i]];
        for (let q = 0; q < evidence.length; q++) evidence[q] += scaled * blocks[q];
      });
      const data = Float32Array.from(this.fine, (row) => dot(row, evidence));
      solutions.push({ map: { data, width: MAP_SIDE, height: MAP_SIDE }, fit, deviation });
    }
    return solutions;
  }

  /** Posterior standard deviations of what {@link solve} found from all pairs. */
  *uncertainty(solutions: readonly Solution[]): CooperativeTask<Float32Array[]> {
    const { scale } = yield* this.#covariance(this.#chosen());
    const left = new Map<number, Float32Array>();
    for (const { fit } of solutions) {
      if (fit && !left.has(fit.noiseRatio)) left.set(fit.noiseRatio, yield* this.#unexplained(scale, fit.noiseRatio));
    }
    return solutions.map(({ fit, deviation }) => {
      if (!fit) return new Float32Array(MAP_SIDE * MAP_SIDE);
      const amplitude = deviation * Math.sqrt(fit.variance * (scale / 2));
      return (left.get(fit.noiseRatio) as Float32Array).map((share) => amplitude * share);
    });
  }

  /** Standard deviation of the posterior as a share of the prior's, where the noise has a given ratio. */
  *#unexplained(scale: number, noiseRatio: number): CooperativeTask<Float32Array> {
    const rows = this.#rows(this.#chosen());
    yield;
    rows.forEach((row, i) => {
      for (let j = 0; j <= i; j++) row[j] *= scale;
      row[i] += noiseRatio;
    });
    const columns: Float64Array[] = [];
    while (columns.length < PRIOR_SIDE * PRIOR_SIDE) {
      const column = new Float64Array(rows.length);
      for (let i = 0; i < column.length; i++) column[i] = this.#images[i][columns.length];
      columns.push(column);
      yield;
    }
    const explained = yield* quadraticForms(yield* cholesky(rows), columns);
    const shares = Float32Array.from(explained, (part) => Math.sqrt(Math.max(0, 1 - scale * part)));
    return resizeMap(shares, PRIOR_SIDE, PRIOR_SIDE, MAP_SIDE, MAP_SIDE);
  }

  #chosen(half?: 0 | 1): number[] {
    const all = Array.from(this.#blocks, (_, pair) => pair);
    return half === undefined ? all : all.filter((pair) => pair % 2 === half);
  }

  *#covariance(pairs: readonly number[]): CooperativeTask<Covariance> {
    const latest = this.#latest;
    if (latest?.pairs.length === pairs.length && latest.pairs.every((pair, i) => pair === pairs[i])) return latest;
    const rows = this.#rows(pairs);
    const trace = rows.reduce((sum, row, i) => sum + row[i], 0);
    const covariance = { pairs, form: yield* tridiagonalise(rows), scale: (2 * pairs.length) / trace };
    this.#latest = covariance;
    return covariance;
  }

  /** Lower triangle of the covariances between some pairs. */
  #rows(pairs: readonly number[]): Float64Array[] {
    return pairs.map((pair, i) => {
      const row = new Float64Array(i + 1);
      for (let j = 0; j <= i; j++) row[j] = this.#covariances[pair][pairs[j]];
      return row;
    });
  }
}

/** C = d·K·d' of the pairs, tridiagonal, and the factor that makes the trace of the masks' covariance their number. */
interface Covariance {
  readonly pairs: readonly number[];
  readonly form: Tridiagonal;
  readonly scale: number;
}

/** A map and how it was found. */
export interface Solution {
  readonly map: RawMap;
  /** Undefined where the scores are all the same. */
  readonly fit?: Regression;
  /** Standard deviation of the scores. */
  readonly deviation: number;
}

/** Scores less their mean, in units of their deviation: (y − y')/√2 of each pair, and Σ (y + y')²/2 over all. */
function standardise(scores: readonly number[], pairs: readonly number[]) {
  let sum = 0;
  let squares = 0;
  for (const pair of pairs) {
    sum += scores[2 * pair] + scores[2 * pair + 1];
    squares += scores[2 * pair] ** 2 + scores[2 * pair + 1] ** 2;
  }
  const count = 2 * Math.max(1, pairs.length);
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  const deviation = variance > 1e-12 * squares ? Math.sqrt(variance) : 0;
  const unit = Math.SQRT2 * (deviation || 1);
  let energyOfSums = 0;
  for (const pair of pairs) energyOfSums += ((scores[2 * pair] + scores[2 * pair + 1] - 2 * mean) / unit) ** 2;
  const differences = Float64Array.from(pairs, (pair) => (scores[2 * pair] - scores[2 * pair + 1]) / unit);
  return { differences, energyOfSums, deviation };
}
