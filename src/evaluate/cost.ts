import { metric } from "./metric.js";

/** What the explanation cost: forward passes, with backward passes and milliseconds beside them. */
export const cost = metric<object>({
  name: "cost",
  summary: "forward passes that the explanation took",
  better: "lower",
  needs: [],
  nulls: "none",
  passes: false,
  source: "the explanation's provenance",
  defaults: {},
  limits: {},
  measure({ map: { provenance } }) {
    const { forwardPasses = 0, backwardPasses = 0, milliseconds = 0 } = provenance ?? {};
    return { value: forwardPasses, parts: { backwardPasses, milliseconds } };
  },
});
