import { BASELINES, type Baseline } from "../perturb/fill.js";
import { metric } from "./metric.js";
import { type MetricContext, normalised } from "./metric-context.js";

/** Drop of the probability, as a share of it (0…1), when the picture is seen through its own map. */
export async function dropOf(
  context: MetricContext,
  mask: Float32Array,
  baseline: Baseline,
): Promise<{ drop: number; increase: number }> {
  const before = await context.score();
  const [after] = await context.scores(context.through(mask, baseline));
  return { drop: before > 0 ? Math.max(0, before - after) / before : 0, increase: after > before ? 1 : 0 };
}

/**
 * Average drop: max(0, f(x) − f(x ⊙ map)) / f(x), the map stretched to 0…1, negative evidence of signed maps left out;
 * `increase` is 1 where the probability rises. A constant map, and a signed one without positive evidence, shows nothing:
 * the drop is that to the baseline. 0 where the probability is 0. Both are averaged over pictures by `summarise`.
 * Chattopadhyay et al., Grad-CAM++, WACV 2018, section 4.1.
 */
export const averageDrop = metric<{ baseline: Baseline }>({
  name: "average-drop",
  summary: "share of the probability lost when only what the map shows is kept",
  better: "lower",
  needs: [],
  nulls: "values",
  passes: true,
  source: "Chattopadhyay et al., Grad-CAM++, WACV 2018",
  defaults: { baseline: "black" },
  limits: { baseline: BASELINES },
  async measure(context, { baseline }) {
    const { drop, increase } = await dropOf(context, normalised(context.map), baseline);
    return { value: drop, parts: { increase } };
  },
});
