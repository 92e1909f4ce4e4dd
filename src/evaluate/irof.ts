import { mean } from "../core/statistics.js";
import { SEGMENT_LIMITS, type SegmentOptions } from "../perturb/segment-masks.js";
import { segment } from "../segment/index.js";
import { type CurveOptions, curveLimits, trapezoid } from "./curve.js";
import { metric } from "./metric.js";

/** Options of the metric `irof`. */
export interface IrofOptions
  extends Pick<CurveOptions, "baseline" | "score">,
    Pick<SegmentOptions, "segments" | "count"> {}

/**
 * Iterative removal of features: the area over the score, as a share of the picture's own, while whole segments are
 * replaced by a baseline, those of the largest mean first. 0 where the picture's own score is 0 or below, with a note;
 * segments of equal means go in the order of their labels. Rieger & Hansen, IROF: a low resource evaluation
 * metric for explanation methods, ICLR workshops 2020.
 */
export const irof = metric<IrofOptions>({
  name: "irof",
  summary: "area over the score while the most relevant segments are removed first",
  better: "higher",
  needs: [],
  nulls: "ranks",
  passes: true,
  source: "Rieger & Hansen, IROF, ICLR workshops 2020",
  defaults: { segments: "slic", count: 100, baseline: "mean", score: "probability" },
  limits: {
    segments: SEGMENT_LIMITS.segments,
    count: SEGMENT_LIMITS.count,
    baseline: curveLimits.baseline,
    score: curveLimits.score,
  },
  async measure(context, { segments: kind, count, baseline, score }) {
    const { model, prepared } = context.setting;
    const { labels, count: found } = await context.once(`segments ${kind} ${count}`, async () =>
      segment(await model.pixels(prepared), kind, count),
    );
    const place = placesOfSegments(context.map.values, labels, found);
    const base = context.baseline(baseline).data;
    const scores = await context.stream(
      found + 1,
      (step, out) => {
        for (let i = 0; i < out.length; i++) {
          out[i] = (place[labels[context.pixelOf(i)]] < step ? base : context.input.data)[i];
        }
      },
      score,
    );
    const before = scores[0];
    if (before <= 0) return { value: 0, notes: [`the picture's own score is ${before}: there is nothing to lose`] };
    const curve = {
      x: Array.from(scores, (_, step) => step / found),
      y: Array.from(scores, (after) => after / before),
    };
    return { value: 1 - trapezoid(curve), curve };
  },
});

/** Each segment's place when those of the largest mean go first. */
function placesOfSegments(values: Float32Array, labels: Int32Array, count: number): Uint32Array {
  const inside: number[][] = Array.from({ length: count }, () => []);
  labels.forEach((label, pixel) => {
    inside[label].push(values[pixel]);
  });
  const means = inside.map(mean);
  const place = new Uint32Array(count);
  const order = means.map((_, label) => label).sort((a, b) => means[b] - means[a]);
  order.forEach((label, at) => {
    place[label] = at;
  });
  return place;
}
