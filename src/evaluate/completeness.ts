import type { Baseline } from "./baseline.js";
import { metric } from "./metric.js";

const NAMES: readonly unknown[] = ["black", "mean", "blur"];

/**
 * How far the map's sum is from what the evidence should add up to, f(x) − f(baseline), as a share of it: 0 is complete.
 * Sundararajan et al., ICML 2017, section 3. The score is the one that the method explains; without `baseline` the
 * method's own is taken where it has one of these names, else black.
 */
export const completeness = metric<{ baseline?: Baseline }>({
  name: "completeness",
  summary: "gap between the map's sum and the score it should explain",
  better: "lower",
  needs: [],
  nulls: "none",
  passes: true,
  source: "Sundararajan, Taly & Yan, Axiomatic attribution, ICML 2017",
  defaults: { baseline: undefined },
  async measure(trial, { baseline }) {
    const { score, native, baseline: own } = trial.map;
    const kind = baseline ?? (NAMES.includes(own) ? (own as Baseline) : "black");
    const [without] = await trial.scores(trial.baseline(kind), score);
    const difference = (await trial.score(score)) - without;
    const sum = native.reduce((total, value) => total + value, 0);
    return {
      value: Math.abs(sum - difference) / Math.max(Math.abs(difference), 1e-12),
      parts: { sum, difference },
      notes: [`against a ${kind} baseline, score: ${score}`],
    };
  },
});
