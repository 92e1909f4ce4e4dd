import { method } from "../method.js";
import {
  collapse,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
  inputGradientOf,
} from "../pixel-gradients.js";

export type InputGradientOptions = GradientOptions;

/** Sensitivity: d score / d input, signed. Simonyan, Vedaldi & Zisserman, ICLR workshop 2014, §3. */
export const gradient = method<InputGradientOptions>({
  name: "gradient",
  summary: "how the score answers to a small change of each pixel",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks, ICLR workshop 2014",
  formula: "map = ∂score/∂x",
  useWhen:
    "Asks how the score answers to a very small change of each pixel. The building block; look at it to understand the other methods.",
  cannotShow:
    "What the picture shows: it is about changes that are too small to see. Noisy by nature, and flat where the model is saturated.",
  defaults: GRADIENT_DEFAULTS,
  limits: GRADIENT_LIMITS,
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  async explain(subject, { score, channels }) {
    const maps = [];
    for (const target of subject.targets) {
      maps.push(collapse(await inputGradientOf(subject, target, { score }), subject.geometry, channels));
    }
    return { maps, score };
  },
});
