import type { GradientRequest } from "../../model/types.js";
import { method } from "../method.js";
import {
  collapse,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
  inputGradientOf,
} from "../pixel-gradients.js";

export interface GuidedBackpropOptions extends GradientOptions {
  /** `guided`: gradients pass a ReLU where they and its input are positive; `deconvolution`: where they are. */
  rule: Exclude<NonNullable<GradientRequest["relu"]>, "gradient">;
}

/**
 * Guided backpropagation: negative gradients stop at every rectifier (ReLU, clipped and leaky ReLU alike). Close to an
 * edge detector: it changes little with the class. Springenberg et al., ICLR workshop 2015, §3.4.
 */
export const guidedBackprop = method<GuidedBackpropOptions>({
  name: "guided-backprop",
  summary: "gradient in which negative signals stop at every ReLU; sharp, but hardly depends on the class",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Springenberg et al., Striving for Simplicity, ICLR workshop 2015",
  formula: "map = ∂score/∂x with negative gradients stopped at every ReLU",
  useWhen:
    "Asks which pixels activate what raises the score, by a rule that gives sharp pictures. To look at features, not to judge a model.",
  cannotShow:
    "The class: it is close to an edge detector, and hardly changes when weights or class change. Do not use it as evidence.",
  defaults: { ...GRADIENT_DEFAULTS, rule: "guided" },
  limits: { ...GRADIENT_LIMITS, rule: ["guided", "deconvolution"] },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  async explain(subject, { score, channels, rule }) {
    const maps = [];
    for (const target of subject.targets) {
      maps.push(collapse(await inputGradientOf(subject, target, { score, relu: rule }), subject.geometry, channels));
    }
    const rectifiers = /^(Relu|Clip|LeakyRelu|PRelu|ThresholdedRelu|Max)$/;
    const none = !Object.keys(subject.info.operators).some((operator) => rectifiers.test(operator));
    const notes = none ? ["this model has no rectifier: guided backpropagation equals the gradient"] : undefined;
    return { maps, score, notes };
  },
});
