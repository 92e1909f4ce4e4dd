import { curveDefaults, curveLimits, walk } from "./curve.js";
import { metric } from "./metric.js";

/**
 * Area under the score while the picture's pixels are put on a baseline, most relevant first (`order: "morf"`, else
 * least relevant first). Petsiuk et al., RISE, BMVC 2018. Only the order
 * of values counts, negative ones like others; equal values are taken in the order of the pixels, all of a constant map
 * with a note.
 */
export const insertion = metric({
  name: "insertion",
  summary: "area under the score while the most relevant pixels are inserted first",
  better: "higher",
  needs: [],
  nulls: "ranks",
  passes: true,
  source: "Petsiuk, Das & Saenko, RISE, BMVC 2018",
  defaults: curveDefaults,
  limits: curveLimits,
  measure: (context, options) => walk(context, context.baseline(options.baseline), context.input, options),
});
