import { curveDefaults, curveLimits, walk } from "./curve.js";
import { metric } from "./metric.js";

/**
 * Area under the score while the picture's pixels are replaced by a baseline, most relevant first (`order: "morf"`,
 * else least relevant first). Petsiuk et al., RISE, BMVC 2018. Only the order
 * of values counts, negative ones like others; equal values are taken in the order of the pixels, all of a constant map
 * with a note.
 */
export const deletion = metric({
  name: "deletion",
  summary: "area under the score while the most relevant pixels are deleted first",
  better: "lower",
  needs: [],
  nulls: "ranks",
  passes: true,
  source: "Petsiuk, Das & Saenko, RISE, BMVC 2018",
  defaults: curveDefaults,
  limits: curveLimits,
  measure: (context, options) => walk(context, context.input, context.baseline(options.baseline), options),
});
