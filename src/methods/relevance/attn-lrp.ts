import {
  COMPOSITE_DEFAULTS,
  COMPOSITE_LIMITS,
  type CompositeOptions,
  reasonAgainstRelevance,
} from "../../model/relevance.js";
import type { ModelInfo } from "../../model/types.js";
import { method } from "../method.js";
import { explainByRelevance } from "./relevance-map.js";

export interface AttnLrpOptions extends Pick<CompositeOptions, "epsilon"> {
  /** How much more counts what raises an output of a layer with weights: 0 (the epsilon rule) or more. */
  gamma: number;
}

/** Whether a graph has a softmax inside: attention of any form, between windows' tokens or channels too. */
const attends = ({ operators, activation }: ModelInfo): boolean =>
  (operators.Softmax ?? 0) > Number(activation === "softmax");

/**
 * AttnLRP: the class's score handed down through a transformer. Layers with weights follow the ε or γ rule; a product of two
 * activations gives half to each, R_a = a ⊙ (R / (2z + ε))·bᵀ; softmax is expanded to first order,
 * R_i = x_i·(R_i − s_i·Σ_j R_j); norms count as linear, their deviation as a number; activations pass relevance as it is.
 * What biases and softmax's constant term take is theirs (`absorbed` in the provenance). Achtibat et al., ICML 2024,
 * propositions 3.1–3.4.
 */
export const attnLrp = method<AttnLrpOptions>({
  name: "attn-lrp",
  summary: "the score handed down through a transformer, attention included",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Achtibat et al., AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers, ICML 2024",
  formula:
    "map = R of the pixels; softmax: x ⊙ (R − s·ΣR), products: half to each factor, norms: linear, layers: ε or γ",
  useWhen:
    "Asks how the score of a transformer divides among the pixels, through queries, keys, values and MLP layers. One backward pass.",
  cannotShow:
    "What would happen if a patch changed. Softmax and biases keep a part of the score, so the map does not add up to it.",
  defaults: { epsilon: COMPOSITE_DEFAULTS.epsilon, gamma: COMPOSITE_DEFAULTS.gamma },
  limits: { epsilon: COMPOSITE_LIMITS.epsilon, gamma: COMPOSITE_LIMITS.gamma },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  unsupported: (model) =>
    attends(model) ? reasonAgainstRelevance(model) : "no attention was found in the graph; lrp works without",
  explain(subject, { epsilon, gamma }) {
    const rule = gamma === 0 ? ({ rule: "epsilon" } as const) : ({ rule: "gamma", gamma } as const);
    return explainByRelevance(subject, { composite: { convolution: rule, dense: rule, epsilon } });
  },
});
