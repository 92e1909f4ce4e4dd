import { type Fill, fillTensor } from "../perturb/fill.js";
import { metric } from "./metric.js";

const FILLS: readonly string[] = ["zero", "black", "white", "grey", "mean", "blur"] satisfies Fill[];

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
  async measure(trial, { baseline }) {
    const { score, native, baseline: given } = trial.map;
    const own = [given].flat();
    const kinds = baseline
      ? [baseline]
      : own.every((kind) => FILLS.includes(kind as string))
        ? (own as Fill[])
        : ["black" as const];
    const { model } = trial.setting;
    let without = 0;
    for (const kind of kinds) {
      const picture = { input: trial.input, geometry: model.info.input, fill: model.fill.bind(model) };
      without += (await trial.scores(fillTensor(picture, kind), score))[0] / kinds.length;
    }
    const difference = (await trial.score(score)) - without;
    const sum = native.reduce((total, value) => total + value, 0);
    return {
      value: Math.abs(sum - difference) / Math.max(Math.abs(difference), 1e-12),
      parts: { sum, difference },
      notes: [`against a baseline of ${kinds.join(" and ")}, score: ${score}`],
    };
  },
});
