import { SightlineError } from "../../core/errors.js";
import { checkRange } from "../../core/options.js";
import { isTensor, type Tensor } from "../../core/tensor.js";
import { type Fill, fillTensor } from "../../perturb/fill.js";
import { method } from "../method.js";
import {
  collapse,
  eachGradient,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
} from "../pixel-gradients.js";

export interface ExpectedGradientsOptions extends GradientOptions {
  /** Draws of a reference and a point on the way from it. */
  samples: number;
  /** The background: other pictures as model input (batch 1 each), or kinds of fill. */
  references: readonly (Tensor | Fill)[];
}

/**
 * Expected gradients: integrated gradients averaged over references, by drawing a reference and a point on the straight
 * way at a time (stratified along the way). With fills as references, over several baselines. Erion et al., Nature
 * Machine Intelligence 2021, eq. 3.
 */
export const expectedGradients = method<ExpectedGradientsOptions>({
  name: "expected-gradients",
  summary: "integrated gradients averaged over many baselines",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Erion et al., Improving performance of deep learning models with axiomatic attribution priors, 2021",
  formula: "map = E over baselines x₀ and t of (x − x₀) ⊙ ∂score/∂x (x₀ + t·(x − x₀))",
  useWhen: "Asks the same as integrated gradients without betting on one baseline. When no colour means nothing.",
  cannotShow: "Which baseline a value comes from, as it is a mean over them. A sampled value: few samples leave noise.",
  defaults: { ...GRADIENT_DEFAULTS, samples: 100, references: ["black", "white", "mean", "blur", "noise"] },
  limits: { ...GRADIENT_LIMITS, samples: { from: 1, to: 1e6, whole: true }, references: undefined },
  presets: { speed: { samples: 40 }, balance: {}, quality: { samples: 400 } },
  cost: ({ samples }) => ({ forward: 0, backward: samples }),
  async explain(subject, { score, channels, samples, references }) {
    const { data, dims } = subject.input;
    const pool = references.map((reference) => {
      if (!isTensor(reference)) return fillTensor(subject, reference).data;
      if (reference.data.length === data.length) return reference.data;
      throw new SightlineError("shape-mismatch", `a reference is [${reference.dims.join(", ")}]`, {
        received: reference.dims,
        expected: `[${dims.join(", ")}]`,
        next: "prepare it with model.prepare",
      });
    });
    checkRange("the number of references", pool.length, 1, 1e6);
    const maps = [];
    for (const [n, target] of subject.targets.entries()) {
      const draw = subject.random.fork(0);
      const places = draw.shuffle(Array.from({ length: samples }, (_, i) => (i + draw.uniform()) / samples));
      const points = places.map((at, i) => ({ at, from: pool[i % pool.length] }));
      const mean = new Float64Array(data.length);
      const run = {
        count: samples,
        target,
        score,
        fill: (i: number, into: Float32Array) => {
          const { at, from } = points[i];
          for (let p = 0; p < into.length; p++) into[p] = from[p] + at * (data[p] - from[p]);
        },
        take: (i: number, gradient: Float32Array) => {
          const { from } = points[i];
          for (let p = 0; p < mean.length; p++) mean[p] += (gradient[p] * (data[p] - from[p])) / samples;
        },
      };
      await eachGradient(subject, run, n * samples, subject.targets.length * samples);
      maps.push(collapse(mean, subject.geometry, channels));
    }
    const named = references.map((reference) => (isTensor(reference) ? "picture" : reference));
    return { maps, score, resolved: { references: named } };
  },
});
