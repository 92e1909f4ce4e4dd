import type { Limits } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import { extent, mean } from "../core/statistics.js";
import { linearImputer } from "../perturb/linear-imputation.js";
import { type CurveOptions, curveLimits, notesOnRanking, pixelsAt, placesOf } from "./curve.js";
import { metric } from "./metric.js";
import type { MetricContext } from "./metric-context.js";

/** Options of the metric `road`. */
export interface RoadOptions extends Pick<CurveOptions, "order" | "score"> {
  /** How many shares of the pixels are removed, evenly between none and all: 9 are 10 %, 20 % … 90 %. */
  steps: number;
  /** Standard deviation of the noise on filled pixels, as a share of the input's range. */
  noise: number;
}

const LIMITS: Limits<RoadOptions> = {
  steps: { from: 1, to: 100_000, whole: true },
  noise: { from: 0, to: 10 },
  order: curveLimits.order,
  score: curveLimits.score,
};

/**
 * ROAD, remove and debias: the mean score over the steps while the most relevant pixels are removed, each filled with
 * the weighted mean of its neighbours and a little noise, so that the shape of the hole says nothing of the class. `kept`
 * among the parts is the share of steps at which the class is still predicted: over pictures its mean is the accuracy of the paper. The curve starts with the picture itself.
 * Only the order of values counts, as with `deletion`. Rong et al., A consistent and efficient evaluation strategy for
 * attribution methods, ICML 2022, section 4.
 */
export const road = metric<RoadOptions>({
  name: "road",
  summary: "mean score while the most relevant pixels are filled in from their neighbours",
  better: "lower",
  needs: [],
  nulls: "ranks",
  passes: true,
  source: "Rong et al., A consistent and efficient evaluation strategy for attribution methods, ICML 2022",
  defaults: { steps: 9, noise: 0.01, order: "morf", score: "probability" },
  limits: LIMITS,
  async measure(context, { steps, noise, order, score }) {
    const place = placesOf(context.map.values, order);
    const answers = await context.streamAll(
      steps + 1,
      (step, out) => removePixels(context, place, { step, steps, noise }, out),
      score,
    );
    const { target } = context.setting;
    const y = answers.map((row) => row[target]);
    const kept = answers.slice(1).filter((row) => row.every((other) => other <= row[target])).length;
    return {
      value: mean(y.slice(1)),
      parts: { kept: kept / steps },
      curve: { x: y.map((_, step) => step / (steps + 1)), y },
      notes: notesOnRanking(context.map.values),
    };
  },
});

/** The picture without the first pixels of a ranking. */
function removePixels(
  context: MetricContext,
  place: Uint32Array,
  { step, steps, noise }: { step: number; steps: number; noise: number },
  out: Float32Array,
): void {
  const { input, width, height } = context;
  out.set(input.data);
  const removed = pixelsAt(step, steps + 1, place.length);
  if (removed === 0) return;
  const hidden = new Uint8Array(place.length);
  for (let pixel = 0; pixel < hidden.length; pixel++) hidden[pixel] = +(place[pixel] < removed);
  const impute = linearImputer(hidden, width, height);
  const at = pixelIndex(context.setting.model.info.input);
  const [low, high] = extent(input.data);
  const random = context.random(4).fork(step);
  for (let c = 0; c < context.setting.model.info.input.channels; c++) {
    const plane = new Float32Array(hidden.length);
    for (let pixel = 0; pixel < plane.length; pixel++) plane[pixel] = input.data[at(c, pixel)];
    const filled = impute(plane);
    for (let pixel = 0; pixel < hidden.length; pixel++) {
      if (hidden[pixel]) out[at(c, pixel)] = filled[pixel] + noise * (high - low) * random.normal();
    }
  }
}
