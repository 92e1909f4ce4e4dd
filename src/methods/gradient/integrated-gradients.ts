import { sum as total } from "../../core/statistics.js";
import { type Fill, fillTensor } from "../../perturb/fill.js";
import { method } from "../method.js";
import { collapse, GRADIENT_DEFAULTS, GRADIENT_LIMITS, type GradientOptions } from "../pixel-gradients.js";
import { QUADRATURES, type Quadrature, quadrature, scoreDifference, straightPath } from "./path-integral.js";

export interface IntegratedGradientsOptions extends GradientOptions {
  /** Gradients along each path. */
  steps: number;
  /** Where paths start; attributions are averaged over several. */
  baseline: Fill | readonly Fill[];
  /** Where on the path gradients are taken, and their weights. */
  quadrature: Quadrature;
  /** Steps are doubled until the completeness gap is at most this share of the score difference. */
  tolerance?: number;
  /** Where doubling stops. */
  maxSteps: number;
}

/**
 * Integrated gradients: the mean gradient on the straight way from a baseline to the picture, times the difference. The
 * attributions add up to the difference of the scores; by how much they miss it is the completeness gap in `resolved`.
 * Sundararajan, Taly & Yan, ICML 2017, eq. 1 and 3.
 */
export const integratedGradients = method<IntegratedGradientsOptions>({
  name: "integrated-gradients",
  summary: "gradients summed from a baseline to the picture; they add up to the score",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Sundararajan, Taly & Yan, Axiomatic Attribution for Deep Networks, ICML 2017",
  formula: "map = (x − x₀) ⊙ ∫₀¹ ∂score/∂x (x₀ + t·(x − x₀)) dt",
  useWhen:
    "Asks how the difference between picture and baseline adds up pixel by pixel. For attributions that add up, with the gap reported.",
  cannotShow:
    "Pixels that have the baseline's colour: black objects get nothing from a black baseline. The baseline is part of the question, and noise along the path is part of the answer.",
  defaults: { ...GRADIENT_DEFAULTS, steps: 50, baseline: "black", quadrature: "midpoint", maxSteps: 800 },
  limits: {
    ...GRADIENT_LIMITS,
    steps: { from: 1, to: 1e5, whole: true },
    baseline: undefined,
    quadrature: QUADRATURES,
    tolerance: { from: 1e-9, to: 1 },
    maxSteps: { from: 1, to: 1e5, whole: true },
  },
  presets: { speed: { steps: 20 }, balance: {}, quality: { steps: 100, baseline: ["black", "white"] } },
  cost: ({ steps, baseline }) => ({ forward: [baseline].flat().length, backward: steps * [baseline].flat().length }),
  async explain(subject, { score, channels, steps, baseline, quadrature: kind, tolerance, maxSteps }) {
    const baselines = [baseline].flat().map((fill) => fillTensor(subject, fill));
    const differences = [];
    for (const from of baselines) differences.push(await scoreDifference(subject, from, score));
    const maps = [];
    const gaps: number[] = [];
    let most = steps;
    const passes = subject.targets.length * baselines.length * steps;
    for (const [t, target] of subject.targets.entries()) {
      const mean = new Float64Array(subject.input.data.length);
      for (const [b, from] of baselines.entries()) {
        const expected = differences[b]?.(target);
        const integrate = (count: number) =>
          straightPath(
            subject,
            target,
            from,
            quadrature(kind, count),
            score,
            (t * baselines.length + b) * steps,
            passes,
          );
        let count = steps;
        let sum = await integrate(count);
        const misses = () => Math.abs((expected ?? 0) - total(sum)) > (tolerance ?? 0) * Math.abs(expected ?? 0);
        while (tolerance !== undefined && expected !== undefined && misses() && count * 2 <= maxSteps) {
          count *= 2;
          sum = await integrate(count);
        }
        most = Math.max(most, count);
        if (expected !== undefined) gaps.push(expected - total(sum));
        for (let p = 0; p < mean.length; p++) mean[p] += sum[p] / baselines.length;
      }
      maps.push(collapse(mean, subject.geometry, channels));
    }
    const notes = differences.includes(undefined)
      ? ["the graph ends in a softmax: the completeness of logits cannot be measured, that of probabilities can"]
      : undefined;
    return { maps, score, notes, resolved: { steps: most, completenessGap: gaps.length ? gaps : undefined } };
  },
});
