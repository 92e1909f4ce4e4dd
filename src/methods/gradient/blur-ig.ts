import { sum as total } from "../../core/statistics.js";
import { gaussianBlur, perChannel } from "../../perturb/blur.js";
import { method } from "../method.js";
import {
  collapse,
  eachGradient,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
} from "../pixel-gradients.js";
import { scoreDifference } from "./path-integral.js";

export interface BlurIgOptions extends GradientOptions {
  /** Gradients along the path. */
  steps: number;
  /** Standard deviation of the blur at the start, in pixels of the model's input. */
  maxSigma: number;
}

/**
 * Blur integrated gradients: the path goes from a blurred picture to the sharp one, so no colour plays the part of
 * "nothing". Xu, Venugopalan & Sundararajan, CVPR 2020, eq. 4; each step is weighed by the change of the picture in it.
 */
export const blurIg = method<BlurIgOptions>({
  name: "blur-ig",
  summary: "integrated gradients from a blurred picture to the sharp one",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Xu, Venugopalan & Sundararajan, Attribution in Scale and Space, CVPR 2020",
  formula: "map = ∫ ∂score/∂x · ∂x_σ/∂σ dσ, from a blurred picture to the sharp one",
  useWhen: "Asks what sharpening the picture adds, scale by scale. No colour plays the part of nothing.",
  cannotShow:
    "What a blurred picture still shows: large smooth things get little. Edges are favoured, as blur takes them first.",
  defaults: { ...GRADIENT_DEFAULTS, steps: 100, maxSigma: 50 },
  limits: { ...GRADIENT_LIMITS, steps: { from: 1, to: 1e5, whole: true }, maxSigma: { from: 0.1, to: 1e4 } },
  presets: { speed: { steps: 40 }, balance: {}, quality: { steps: 200 } },
  cost: ({ steps }) => ({ forward: 1, backward: steps }),
  async explain(subject, { score, channels, steps, maxSigma }) {
    const { geometry, input } = subject;
    // Blurs add up by their variances, so each picture is made of the one before.
    const softened = (data: Float32Array, i: number) =>
      perChannel({ data, dims: input.dims }, geometry, (plane) =>
        gaussianBlur(plane, geometry.width, geometry.height, (maxSigma / steps) * Math.sqrt(2 * i + 1)),
      ).data;
    const maps = [];
    const gaps: number[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const sum = new Float64Array(input.data.length);
      const changes = new Map<number, Float32Array>();
      let sharper = input.data;
      const run = {
        count: steps,
        target,
        score,
        fill: (i: number, into: Float32Array) => {
          const softer = softened(sharper, i);
          changes.set(
            i,
            sharper.map((value, p) => value - softer[p]),
          );
          for (let p = 0; p < into.length; p++) into[p] = (sharper[p] + softer[p]) / 2;
          sharper = softer;
        },
        take: (i: number, gradient: Float32Array) => {
          const change = changes.get(i) as Float32Array;
          changes.delete(i);
          for (let p = 0; p < sum.length; p++) sum[p] += gradient[p] * change[p];
        },
      };
      await eachGradient(subject, run, n * steps, subject.targets.length * steps);
      const difference = await scoreDifference(subject, { data: sharper, dims: input.dims }, score);
      if (difference) gaps.push(difference(target) - total(sum));
      maps.push(collapse(sum, geometry, channels));
    }
    return { maps, score, resolved: { completenessGap: gaps.length ? gaps : undefined } };
  },
});
