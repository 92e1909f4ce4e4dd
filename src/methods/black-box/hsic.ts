import type { Random } from "../../core/random.js";
import { variance } from "../../core/statistics.js";
import { FILLS, type Fill, fillTensor } from "../../perturb/fill.js";
import { segmentMasks } from "../../perturb/segment-masks.js";
import { grid } from "../../segment/index.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { TargetScores } from "../target-scores.js";

export interface HsicOptions extends SamplingOptions {
  /** Cells of the grid, along each side. */
  cells: number;
  /** Number of masks. */
  masks: number;
  /** What is shown where a cell is hidden. */
  fill: Fill;
}

/**
 * Hilbert–Schmidt independence criterion between each cell being shown and the class probability: how much the whole
 * distribution of the probability depends on the cell, up or down. Dirac kernel on cells, Gaussian kernel on
 * probabilities (width: median distance). Novello, Fel & Vigouroux, NeurIPS 2022, eq. 4–6.
 */
export const hsic = method<HsicOptions>({
  name: "hsic",
  summary: "statistical dependence between showing a cell and the probability",
  needs: ["forward"],
  signed: false,
  view: "pixels",
  source: "Novello, Fel & Vigouroux, Making Sense of Dependence, NeurIPS 2022",
  formula: "map(c) = tr(K·H·L·H) / (n − 1)², K of whether cell c is shown, L of the probabilities",
  useWhen: "Asks whether the probability depends on a cell in any way. Finds dependence that averages do not.",
  cannotShow:
    "The sign, and how much probability is at stake: values are a measure of dependence without a unit. Finite samples leave a floor above zero.",
  defaults: { cells: 7, masks: 1500, fill: "zero" },
  limits: {
    cells: { from: 2, to: 32, whole: true },
    masks: { from: 2, whole: true },
    fill: FILLS,
    ...SAMPLING_LIMITS,
  },
  presets: { speed: { masks: 500 }, balance: {}, quality: { masks: 3000 } },
  cost: ({ masks, budget }) => samplingCost(masks, budget),
  async explain(subject, options) {
    const { cells, masks, fill } = options;
    const { width, height } = subject.geometry;
    const segments = segmentMasks(subject, grid(width, height, cells), fillTensor(subject, fill));
    const design = latinHypercube(segments.count, masks, subject.random);
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      batch: (from, count) =>
        segments.batch(Float32Array.from(design.subarray(from * segments.count, (from + count) * segments.count))),
      take: (raw) => scores.take(raw),
      maps: (half) =>
        scores.values.map((series) => ({
          data: Float32Array.from(dependence(design, segments.count, series, half)),
          width: Math.min(cells, width),
          height: Math.min(cells, height),
        })),
    };
    const { passes, convergence, notes } = await sample(subject, masks, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, convergence }, notes };
  },
});

/** [masks, cells] of 0 and 1: each cell is shown in exactly half of the masks, in an order of its own. */
function latinHypercube(cells: number, masks: number, random: Random): Uint8Array {
  const design = new Uint8Array(masks * cells);
  const column = new Uint8Array(masks);
  for (let c = 0; c < cells; c++) {
    column.fill(0).fill(1, 0, (masks + (masks % 2) * random.integer(2)) >> 1);
    random.shuffle(column);
    for (let n = 0; n < masks; n++) design[n * cells + c] = column[n];
  }
  return design;
}

/**
 * tr(K·H·L·H) / (n − 1)² per cell, K = [mᵢ = mⱼ], L the Gaussian kernel of the scores: with binary cells it is
 * 2·m̃ᵀ·L·m̃ / (n − 1)², m̃ the centred column of the design, and Σ (uᵀ·m̃)² over the factors u of L.
 */
export function dependence(design: Uint8Array, cells: number, scores: readonly number[], half?: 0 | 1): Float64Array {
  const chosen = scores.map((_, n) => n).filter((n) => half === undefined || n % 2 === half);
  const y = Float64Array.from(chosen, (n) => scores[n]);
  const result = new Float64Array(cells);
  const width = medianDistance(y);
  if (width === 0) return result;
  const means = new Float64Array(cells);
  for (const n of chosen) for (let c = 0; c < cells; c++) means[c] += design[n * cells + c] / chosen.length;
  const product = new Float64Array(cells);
  for (const factor of kernelFactors(y, width)) {
    product.fill(0);
    chosen.forEach((n, i) => {
      for (let c = 0; c < cells; c++) product[c] += factor[i] * (design[n * cells + c] - means[c]);
    });
    for (let c = 0; c < cells; c++) result[c] += product[c] ** 2;
  }
  return result.map((sum) => (2 * sum) / Math.max(1, y.length - 1) ** 2);
}

/** What the factors leave of the kernel's diagonal of ones. */
const LEFT_OVER = 1e-14;

/** Few vectors u with Σ u·uᵀ the Gaussian kernel of some values: Cholesky with the largest pivot first. */
function kernelFactors(values: Float64Array, width: number): Float64Array[] {
  const left = new Float64Array(values.length).fill(1);
  const factors: Float64Array[] = [];
  while (factors.length < values.length) {
    let pivot = 0;
    for (let i = 1; i < left.length; i++) if (left[i] > left[pivot]) pivot = i;
    if (left[pivot] < LEFT_OVER) break;
    const scale = 1 / Math.sqrt(left[pivot]);
    const factor = values.map((value) => Math.exp(-((value - values[pivot]) ** 2) / (2 * width * width)));
    for (const earlier of factors) {
      const weight = earlier[pivot];
      for (let i = 0; i < factor.length; i++) factor[i] -= weight * earlier[i];
    }
    for (let i = 0; i < factor.length; i++) {
      factor[i] *= scale;
      left[i] -= factor[i] ** 2;
    }
    left[pivot] = 0;
    factors.push(factor);
  }
  return factors;
}

/** Median distance between values, from at most 256 of them; their standard deviation where more than half coincide. */
function medianDistance(values: Float64Array): number {
  const stride = Math.max(1, Math.ceil(values.length / 256));
  const some = Array.from(values.filter((_, i) => i % stride === 0));
  const distances = some.flatMap((value, i) => some.slice(0, i).map((other) => Math.abs(value - other)));
  distances.sort((a, b) => a - b);
  const median = distances[distances.length >> 1] ?? 0;
  if (median > 0) return median;
  return values.length > 0 ? Math.sqrt(variance(values)) : 0;
}
