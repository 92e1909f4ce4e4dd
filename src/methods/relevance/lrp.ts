import {
  COMPOSITE_DEFAULTS,
  COMPOSITE_LIMITS,
  type CompositeOptions,
  compositeOf,
  reasonAgainstRelevance,
} from "../../model/relevance.js";
import { method } from "../method.js";
import { explainByRelevance } from "./relevance-map.js";

export type LrpOptions = CompositeOptions;

/**
 * Layer-wise relevance propagation: the class's score is handed down from layer to layer, each share in proportion to what
 * an input added to its output: R_i = Σ_o z_io / (ε + Σ_i z_io) · R_o, z_io = x_i·w_io. Rules differ in which z count; a
 * composite names one for each kind of layer. Batch normalisation is merged into the layer before it, activations pass
 * relevance as it is, a maximum gives it to the winner, a gate (squeeze and excitation) takes none. What biases add is theirs:
 * the map's sum is the score less what they and ε absorbed, and what the plus rule drops where nothing raised an output
 * (`absorbed` in the provenance). Bach et al., PLOS ONE 2015,
 * eq. 56–60; Montavon et al., 2019, for composites.
 */
export const lrp = method<LrpOptions>({
  name: "lrp",
  summary: "the score handed down layer by layer, to what added to it",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Bach et al., On Pixel-Wise Explanations by Layer-Wise Relevance Propagation, PLOS ONE 2015",
  formula: "map = R of the pixels, R_i = Σ_o z_io / (ε + Σ_i z_io) · R_o from the score down, z_io = x_i·w_io",
  useWhen:
    "Asks how the score divides among the pixels, in one backward pass and less noise than gradients. The rules can be chosen layer by layer.",
  cannotShow:
    "What would happen if a pixel changed: it divides a score, and how depends on the rules. The plus and flat rules follow the class less than epsilon does.",
  defaults: COMPOSITE_DEFAULTS,
  limits: COMPOSITE_LIMITS,
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  unsupported: reasonAgainstRelevance,
  explain: (subject, options) => explainByRelevance(subject, { composite: compositeOf(options, subject) }),
});
