import { sum as total } from "../core/statistics.js";
import { FILLS, type Fill, fillable, fillTensor } from "../perturb/fill.js";
import { metric } from "./metric.js";

/**
 * How far the map's sum is from what the evidence should add up to, f(x) − f(baseline), as a share of it: 0 is complete.
 * Sundararajan et al., ICML 2017, section 3. The score is the one that the method explains; without `baseline` the
 * method's own (the mean over several) is taken where it has one, else black. Negative values are added as they stand;
 * a map of zeros is 1. Where score and baseline differ by less than 1e-12, the gap is a share of that.
 */
export const completeness = metric<{ baseline?: Fill }>({
  name: "completeness",
  summary: "gap between the map's sum and the score it should explain",
  better: "lower",
  needs: [],
  nulls: "none",
  passes: true,
  source: "Sundararajan, Taly & Yan, Axiomatic attribution, ICML 2017",
  defaults: { baseline: undefined },
  limits: { baseline: FILLS },
  async measure(context, { baseline }) {
    const { score, native } = context.map;
    const kinds = baseline ? [baseline] : baselinesOf(context.map.baseline);
    const picture = fillable(context.setting.model, context.input);
    let without = 0;
    for (const kind of kinds) without += (await context.scores(fillTensor(picture, kind), score))[0] / kinds.length;
    const difference = (await context.score(score)) - without;
    const sum = total(native);
    return {
      value: Math.abs(sum - difference) / Math.max(Math.abs(difference), 1e-12),
      parts: { sum, difference },
      notes: [`against a baseline of ${kinds.join(" and ")}, score: ${score}`],
    };
  },
});

/** The fills that a method started from, where its options name them; black otherwise. */
function baselinesOf(option: unknown): readonly Fill[] {
  const kinds = [option].flat();
  const named = kinds.filter((kind): kind is Fill => FILLS.includes(kind as Fill));
  return named.length === kinds.length ? named : ["black"];
}
