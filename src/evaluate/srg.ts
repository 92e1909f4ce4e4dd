import { type CurveOptions, curveDefaults, curveLimits, walk } from "./curve.js";
import { metric } from "./metric.js";

const { order: _defaultOrder, ...defaults } = curveDefaults;
const { order: _orders, ...limits } = curveLimits;

/**
 * Symmetric relevance gain: the area under the score while the least relevant pixels are deleted first, minus that while
 * the most relevant are. What the baseline does to any picture is in both and cancels, so that rankings of methods depend
 * less on it. 0 for a constant map, and about 0 for one that knows nothing; the curve is the difference. Blücher, Vielhaben
 * & Strodthoff, Decoupling pixel flipping and occlusion strategy for consistent XAI benchmarks, TMLR 2024.
 */
export const srg = metric<Omit<CurveOptions, "order">>({
  name: "srg",
  summary: "area between the deletion curves of the least and the most relevant pixels first",
  better: "higher",
  needs: [],
  nulls: "ranks",
  passes: true,
  source: "Blücher et al., Decoupling pixel flipping and occlusion strategy, TMLR 2024",
  defaults,
  limits,
  async measure(context, options) {
    const base = context.baseline(options.baseline);
    const most = await walk(context, context.input, base, { ...options, order: "morf" });
    const least = await walk(context, context.input, base, { ...options, order: "lerf" });
    const { x, y } = most.curve;
    return {
      value: least.value - most.value,
      parts: { least: least.value, most: most.value },
      curve: { x, y: least.curve.y.map((score, i) => score - y[i]) },
      notes: most.notes,
    };
  },
});
