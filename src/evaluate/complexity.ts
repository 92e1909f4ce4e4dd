import { metric } from "./metric.js";

/**
 * Complexity: the entropy of each pixel's share of the map, −Σ p · ln p with p = |value| / Σ |values|, in nats at the
 * model's resolution. 0 where one pixel holds all, ln(pixels) where all hold the same; `share` is exp(entropy) / pixels,
 * the share of the picture that the map is spread over. Where values lie does not matter, so there is no random baseline: a
 * map that knows nothing can be as simple. A map of zeros counts as even, with a note. Bhatt, Weller & Moura, Evaluating
 * and aggregating feature-based model explanations, IJCAI 2020, definition 3.
 */
export const complexity = metric<object>({
  name: "complexity",
  summary: "entropy of the pixels' shares of the map",
  better: "lower",
  needs: [],
  nulls: "none",
  passes: false,
  source: "Bhatt, Weller & Moura, Evaluating and aggregating feature-based model explanations, IJCAI 2020",
  defaults: {},
  limits: {},
  measure({ map: { values } }) {
    const pixels = values.length;
    const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
    if (total === 0) {
      const notes = ["the map is zero everywhere: it counts as spread evenly"];
      return { value: Math.log(pixels), parts: { share: 1 }, notes };
    }
    let entropy = 0;
    for (const value of values) {
      const share = Math.abs(value) / total;
      if (share > 0) entropy -= share * Math.log(share);
    }
    return { value: entropy, parts: { share: Math.exp(entropy) / pixels } };
  },
});
