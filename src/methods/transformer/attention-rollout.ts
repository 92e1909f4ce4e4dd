import { method } from "../method.js";
import {
  attentionsOf,
  attentionUnsupported,
  identity,
  type Matrix,
  multiply,
  overHeads,
  patchMap,
} from "./attention.js";

export interface AttentionRolloutOptions {
  /** Share of the residual connection in each block: A becomes (1 − residual) · A + residual · I. */
  residual: number;
}

/**
 * Attention rollout: attention averaged over heads, mixed with the identity for the residual connections, multiplied
 * through all blocks. The same for every class. Abnar & Zuidema, ACL 2020, eq. 1.
 */
export const attentionRollout = method<AttentionRolloutOptions>({
  name: "attention-rollout",
  summary: "attention multiplied through all blocks; the same for every class",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "Abnar & Zuidema, Quantifying Attention Flow in Transformers, ACL 2020",
  formula: "map = class token's row of Π_l ((1 − r)·Ā_l + r·I)",
  useWhen: "Asks where attention flows through all blocks of a transformer. One pass, no gradients.",
  cannotShow:
    "The class: every class has the same map. Attention says what is read, not what it is read for; value and MLP layers are left out.",
  defaults: { residual: 0.5 },
  limits: { residual: { from: 0, to: 1 } },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: attentionUnsupported,
  async explain(subject, { residual }) {
    const names = attentionsOf(subject);
    const { activations } = await subject.observe(subject.input, names);
    let rollout: Matrix | undefined;
    let size = 0;
    for (const name of names) {
      const tensor = activations.get(name);
      if (!tensor) continue;
      const { matrix, n } = overHeads(tensor, (i) => tensor.data[i]);
      const unit = identity(n);
      const mixed = matrix.map((value, i) => (1 - residual) * value + residual * unit[i]);
      for (let row = 0; row < n; row++) {
        const total = mixed.subarray(row * n, (row + 1) * n).reduce((sum, value) => sum + value, 0);
        for (let i = row * n; i < (row + 1) * n; i++) mixed[i] /= total;
      }
      rollout = rollout && size === n ? multiply(mixed, rollout, n) : mixed;
      size = n;
    }
    const map = patchMap(subject, rollout as Matrix, size);
    return { maps: subject.targets.map(() => map), score: "none", resolved: { blocks: names.length } };
  },
});
