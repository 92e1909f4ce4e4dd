import { correlation } from "../core/ranks.js";
import { mean } from "../core/statistics.js";
import { BASELINES, type Baseline } from "../perturb/fill.js";
import { dropOf } from "./average-drop.js";
import { metric } from "./metric.js";
import { normalised } from "./metric-context.js";

/**
 * ADCC: the harmonic mean of coherency (does the method find the same when it sees only its map: (Pearson + 1) / 2),
 * 1 − complexity (mean of the map stretched to 0…1) and 1 − average drop; 0 where one of them is. Negative evidence of
 * signed maps is left out. A constant map shows nothing and drops to the baseline's probability; its coherency is 1 with
 * a constant map and .5 with another. A null does not look at the picture and so is perfectly coherent. Poppi et al.,
 * CVPR workshops 2021, eq. 4.
 */
export const adcc = metric<{ baseline: Baseline }>({
  name: "adcc",
  summary: "harmonic mean of coherency, simplicity and kept probability",
  better: "higher",
  needs: ["rerun"],
  nulls: "values",
  passes: true,
  source: "Poppi et al., Revisiting the evaluation of CAMs, CVPRW 2021",
  defaults: { baseline: "black" },
  limits: { baseline: BASELINES },
  async measure(context, { baseline }) {
    const map = normalised(context.map);
    const { drop } = await dropOf(context, map, baseline);
    const again = await context.map.rerun?.({ input: context.through(map, baseline) });
    const coherency = again ? (correlation(normalised({ values: again, signed: context.map.signed }), map) + 1) / 2 : 1;
    const complexity = mean(map);
    const parts = [coherency, 1 - complexity, 1 - drop];
    return {
      value: parts.every((part) => part > 0) ? 3 / parts.reduce((sum, part) => sum + 1 / part, 0) : 0,
      parts: { coherency, complexity, drop },
    };
  },
});
