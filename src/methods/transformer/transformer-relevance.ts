import type { Tensor } from "../../core/tensor.js";
import { method } from "../method.js";
import { type GradientOptions, SCORES } from "../pixel-gradients.js";
import { attentionsOf, attentionUnsupported, identity, multiply, overHeads, patchMap } from "./attention.js";

export type TransformerRelevanceOptions = Pick<GradientOptions, "score">;

/**
 * Transformer relevance: R starts as the identity and every block adds Ā · R, Ā the mean over heads of ReLU(∇A ⊙ A), so
 * attention counts where it helps the class. Chefer, Gur & Wolf, ICCV 2021, eq. 5 and 6.
 */
export const transformerRelevance = method<TransformerRelevanceOptions>({
  name: "transformer-relevance",
  summary: "attention weighed by its gradient, multiplied through all blocks",
  needs: ["activation", "gradient"],
  signed: false,
  view: "pixels",
  source: "Chefer, Gur & Wolf, Generic Attention-model Explainability, ICCV 2021",
  formula: "R ← R + Ā_l · R, Ā_l = mean over heads of ReLU(∇A_l ⊙ A_l); map = class token's row",
  useWhen: "Asks where attention flows that helps the class. The gradient method to use on transformers.",
  cannotShow: "Evidence against the class, as negative products are cut. What MLP layers do is left out.",
  defaults: { score: "logit" },
  limits: { score: SCORES },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 1 }),
  unsupported: attentionUnsupported,
  async explain(subject, { score }) {
    const layers = attentionsOf(subject);
    const maps = [];
    for (const target of subject.targets) {
      const { gradients, activations } = await subject.gradient(subject.input, { target, score, layers });
      let relevance: Float64Array | undefined;
      let size = 0;
      for (const name of layers) {
        const [slope, attention] = [gradients.get(name) as Tensor, activations.get(name) as Tensor];
        const { matrix, n } = overHeads(attention, (i) => Math.max(0, slope.data[i] * attention.data[i]));
        const before = relevance && size === n ? relevance : identity(n);
        relevance = multiply(matrix, before, n).map((value, i) => value + before[i]);
        size = n;
      }
      // Each token's relevance for itself is the start, not a finding.
      const acquired = (relevance as Float64Array).map((value, i) => value - (i % (size + 1) === 0 ? 1 : 0));
      maps.push(patchMap(subject, acquired, size));
    }
    return { maps, score, resolved: { blocks: layers.length } };
  },
});
