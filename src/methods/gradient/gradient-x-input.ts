import { method } from "../method.js";
import {
  collapse,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
  inputGradientOf,
} from "../pixel-gradients.js";

export type GradientXInputOptions = GradientOptions;

/** d score / d input times the model's input: exact attributions of a linear model to its inputs against 0. */
export const gradientXInput = method<GradientXInputOptions>({
  name: "gradient-x-input",
  summary: "gradient times input: the share of each pixel if the model were linear",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Shrikumar, Greenside & Kundaje, Not Just a Black Box, 2016",
  formula: "map = x ⊙ ∂score/∂x",
  useWhen:
    "Asks for each pixel's share if the model were linear. One backward pass, a sketch of integrated gradients from 0.",
  cannotShow:
    "Pixels whose input value is 0, whatever the model makes of them. The sign turns with the normalisation, not with the picture.",
  defaults: GRADIENT_DEFAULTS,
  limits: GRADIENT_LIMITS,
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  async explain(subject, { score, channels }) {
    const maps = [];
    for (const target of subject.targets) {
      const slope = await inputGradientOf(subject, target, { score });
      const product = slope.map((value, i) => value * subject.input.data[i]);
      maps.push(collapse(product, subject.geometry, channels));
    }
    return { maps, score };
  },
});
