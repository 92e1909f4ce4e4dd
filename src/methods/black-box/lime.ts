import type { Random } from "../../core/random.js";
import { SEGMENT_LIMITS, type SegmentOptions, segmentPicture } from "../../perturb/segment-masks.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { TargetScores } from "../target-scores.js";

export interface LimeOptions extends SegmentOptions, SamplingOptions {
  /** Number of samples; the first is the whole picture. */
  samples: number;
  /** Width of the exponential kernel over cosine distance. */
  kernelWidth: number;
  /** Ridge penalty α. */
  alpha: number;
}

/**
 * LIME: a linear model of the class probability over segments that are shown or replaced by their mean colour, fitted
 * near the whole picture: weights √exp(−d²/width²) of the cosine distance d = 1 − √(shown share), ridge with intercept.
 * The map is each segment's coefficient, signed. Ribeiro et al., KDD 2016, eq. 2 and §3.4.
 */
export const lime = method<LimeOptions>({
  name: "lime",
  summary: "linear model of the probability over segments shown or hidden, fitted near the picture",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Ribeiro, Singh & Guestrin, Why Should I Trust You?, KDD 2016",
  formula: "β = argmin Σ_i w_i · (f(z_i) − β₀ − z_iᵀβ)² + α·|β|², map(s) = β_s",
  useWhen:
    "Asks for the straight line that comes closest to the model near this picture. Signed, by segment, and known to many readers.",
  cannotShow:
    "Whether a straight line fits: where segments act together it does not. Other segments or another kernel width give another map.",
  defaults: { segments: "slic", count: 64, fill: "segment-mean", samples: 1000, kernelWidth: 0.25, alpha: 1 },
  limits: {
    ...SEGMENT_LIMITS,
    samples: { from: 2, whole: true },
    kernelWidth: { above: 0 },
    alpha: { above: 0 },
    ...SAMPLING_LIMITS,
  },
  presets: { speed: { samples: 300, count: 36 }, balance: {}, quality: { samples: 3000, count: 100 } },
  cost: ({ samples, budget }) => samplingCost(samples, budget),
  async explain(subject, options) {
    const { kernelWidth, alpha, samples } = options;
    const { NormalEquations } = await import("./normal-equations.js");
    const segments = await segmentPicture(subject, options);
    const shown: Uint8Array[] = [];
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      batch(from, count) {
        while (shown.length < from + count) shown.push(draw(segments.count, subject.random, shown.length === 0));
        const weights = new Float32Array(count * segments.count);
        for (let n = 0; n < count; n++) weights.set(shown[from + n], n * segments.count);
        return segments.batch(weights);
      },
      take: (raw) => scores.take(raw),
      maps(half) {
        const equations = new NormalEquations(segments.count, scores.values.length);
        for (let n = half ?? 0; n < scores.count; n += half === undefined ? 1 : 2) {
          const values = scores.values.map((series) => series[n]);
          equations.add(shown[n], proximity(shown[n], kernelWidth), values);
        }
        return equations.ridge(alpha).map((coefficients) => segments.map(coefficients));
      },
    };
    const { passes, convergence, notes } = await sample(subject, samples, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, convergence, parts: segments.count }, notes };
  },
});

function draw(parts: number, random: Random, whole: boolean): Uint8Array {
  return Uint8Array.from({ length: parts }, () => (whole || random.uniform() < 0.5 ? 1 : 0));
}

/** √exp(−d²/width²), d the cosine distance between a mask and the mask that shows everything. */
function proximity(shown: Uint8Array, width: number): number {
  const share = shown.reduce((sum, value) => sum + value, 0) / shown.length;
  const distance = 1 - Math.sqrt(share);
  return Math.sqrt(Math.exp(-(distance ** 2) / width ** 2));
}
