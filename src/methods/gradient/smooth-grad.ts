import { extent } from "../../core/statistics.js";
import { method } from "../method.js";
import {
  collapse,
  eachGradient,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
} from "../pixel-gradients.js";

export interface SmoothGradOptions extends GradientOptions {
  /** Noisy copies. */
  samples: number;
  /** Standard deviation of the noise, as a share of the input's range (largest − smallest value). */
  noise: number;
  /** Mean of the gradients, mean of their squares (SmoothGrad²) or their variance (VarGrad). */
  statistic: "mean" | "squared" | "variance";
}

/**
 * SmoothGrad: the mean of gradients at noisy copies of the picture. Smilkov et al. 2017, §3; its square and variance:
 * Hooker et al., NeurIPS 2019, and Adebayo et al. 2018.
 */
export const smoothGrad = method<SmoothGradOptions>({
  name: "smooth-grad",
  summary: "gradient averaged over noisy copies of the picture",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Smilkov et al., SmoothGrad: removing noise by adding noise, 2017",
  formula: "map = 1/n · Σ_i ∂score/∂x at x + ε_i, ε_i ~ N(0, σ²)",
  useWhen:
    "Asks how the score answers to small changes around the picture rather than exactly at it. A gradient that can be looked at.",
  cannotShow:
    "How sure the result is: the noise level is a choice that changes the map. Values do not add up to the score.",
  defaults: { ...GRADIENT_DEFAULTS, samples: 25, noise: 0.15, statistic: "mean" },
  limits: {
    ...GRADIENT_LIMITS,
    samples: { from: 1, to: 1e6, whole: true },
    noise: { from: 0, to: 10 },
    statistic: ["mean", "squared", "variance"],
  },
  presets: { speed: { samples: 8 }, balance: {}, quality: { samples: 100 } },
  cost: ({ samples }) => ({ forward: 0, backward: samples }),
  async explain(subject, { score, channels, samples, noise, statistic }) {
    const { data } = subject.input;
    const [low, high] = extent(data);
    const sigma = noise * (high - low);
    const maps = [];
    for (const [n, target] of subject.targets.entries()) {
      const draw = subject.random.fork(0);
      const sum = new Float64Array(data.length);
      const squares = new Float64Array(data.length);
      const run = {
        count: samples,
        target,
        score,
        fill: (_: number, into: Float32Array) => {
          for (let i = 0; i < into.length; i++) into[i] = data[i] + sigma * draw.normal();
        },
        take: (_: number, gradient: Float32Array) => {
          for (let i = 0; i < gradient.length; i++) {
            sum[i] += gradient[i];
            squares[i] += gradient[i] * gradient[i];
          }
        },
      };
      await eachGradient(subject, run, n * samples, subject.targets.length * samples);
      const values = sum.map((total, i) => {
        const mean = total / samples;
        if (statistic === "mean") return mean;
        const square = squares[i] / samples;
        return statistic === "squared" ? square : square - mean * mean;
      });
      maps.push(collapse(values, subject.geometry, channels));
    }
    return { maps, score, resolved: { sigma } };
  },
});
