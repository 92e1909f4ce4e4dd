import { variance } from "../../core/statistics.js";
import { FILLS, type Fill, fillTensor } from "../../perturb/fill.js";
import { segmentMasks } from "../../perturb/segment-masks.js";
import { grid } from "../../segment/index.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { TargetScores } from "../target-scores.js";
import { sobolSequence } from "./sobol-sequence.js";

export interface SobolOptions extends SamplingOptions {
  /** Cells of the grid, along each side. */
  cells: number;
  /** Rows N of the design; each costs cells² + 2 passes. */
  designs: number;
  /** What is shown where a cell is hidden. */
  fill: Fill;
}

/**
 * Total-order Sobol' indices: the share of the probability's variance that a cell takes part in, alone or with others,
 * when every cell is dimmed at random. Jansen's estimator on a quasi-Monte-Carlo design.
 * Fel et al., Look at the Variance!, NeurIPS 2021, eq. 3–5; Jansen 1999.
 */
export const sobol = method<SobolOptions>({
  name: "sobol",
  summary: "share of the probability's variance that each cell takes part in, interactions included",
  needs: ["forward"],
  signed: false,
  view: "pixels",
  source: "Fel et al., Look at the Variance! Efficient Black-box Explanations, NeurIPS 2021",
  formula: "S_T(c) = E[Var(f | all cells but c)] / Var(f)",
  useWhen:
    "Asks how much of the probability's variance a cell takes part in, together with others. For evidence that works in combination.",
  cannotShow:
    "The sign: a cell that lowers the probability counts like one that raises it. Shares overlap and add up to more than one.",
  defaults: { cells: 8, designs: 32, fill: "zero" },
  limits: {
    cells: { from: 2, to: 32, whole: true },
    designs: { from: 1, whole: true },
    fill: FILLS,
    ...SAMPLING_LIMITS,
  },
  presets: { speed: { designs: 8 }, balance: {}, quality: { designs: 64 } },
  cost: ({ cells, designs, budget }) => samplingCost(designs * (cells ** 2 + 2), budget),
  async explain(subject, options) {
    const { cells, designs, fill } = options;
    const { width, height } = subject.geometry;
    const segments = segmentMasks(subject, grid(width, height, cells), fillTensor(subject, fill));
    const count = segments.count;
    const rowLength = count + 2;
    const next = sobolSequence(2 * count, subject.random);
    const rows: Float64Array[] = [];
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      batch(from, size) {
        const weights = new Float32Array(size * count);
        for (let n = 0; n < size; n++) {
          const [row, step] = [Math.floor((from + n) / rowLength), (from + n) % rowLength];
          while (rows.length <= row) rows.push(next());
          const mask = weights.subarray(n * count, (n + 1) * count);
          mask.set(step === 1 ? rows[row].subarray(count) : rows[row].subarray(0, count));
          if (step > 1) mask[step - 2] = rows[row][count + step - 2];
        }
        return segments.batch(weights);
      },
      take: (raw) => scores.take(raw),
      maps: (half) =>
        scores.values.map((series) => ({
          data: Float32Array.from(totalOrder(series, count, half)),
          width: Math.min(cells, width),
          height: Math.min(cells, height),
        })),
    };
    const { passes, convergence, notes } = await sample(subject, designs * rowLength, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, convergence }, notes };
  },
});

/**
 * Jansen's total-order indices of scores in rows A, B, A with B's first factor, A with B's second, …: mean of
 * ½·(f(A) − f(AB))² over the rows at hand, over the variance of f(A) and f(B).
 */
export function totalOrder(scores: readonly number[], factors: number, half?: 0 | 1): Float64Array {
  const { effects, whole } = totalEffects(scores, factors, half);
  return effects.map((effect) => (whole > 0 ? effect / whole : 0));
}

/** The variance that each factor takes part in, and the whole variance; see {@link totalOrder}. */
export function totalEffects(
  scores: ArrayLike<number>,
  factors: number,
  half?: 0 | 1,
): { effects: Float64Array; whole: number } {
  const length = factors + 2;
  const sums = new Float64Array(factors);
  const counts = new Float64Array(factors);
  const plain: number[] = [];
  for (let row = half ?? 0; row * length < scores.length; row += half === undefined ? 1 : 2) {
    const start = row * length;
    const end = Math.min(scores.length, start + length);
    for (let n = start; n < Math.min(end, start + 2); n++) plain.push(scores[n]);
    for (let n = start + 2; n < end; n++) {
      sums[n - start - 2] += (scores[start] - scores[n]) ** 2 / 2;
      counts[n - start - 2]++;
    }
  }
  return { effects: sums.map((sum, j) => (counts[j] > 0 ? sum / counts[j] : 0)), whole: variance(plain) };
}
