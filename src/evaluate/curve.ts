import type { Limits } from "../core/options.js";
import { descending, isConstant } from "../core/ranks.js";
import type { Tensor } from "../core/tensor.js";
import { BASELINES, type Baseline } from "../perturb/fill.js";
import type { Curve, Outcome } from "./metric.js";
import type { MetricContext, Score } from "./metric-context.js";

/** Options of the metrics `insertion` and `deletion`. */
export interface CurveOptions {
  /** Steps from the first picture to the last; the curve has one point more. */
  steps: number;
  /** What takes the place of removed pixels. */
  baseline: Baseline;
  /** Most relevant pixels first, or least relevant first. */
  order: "morf" | "lerf";
  /** The score that is followed: of the softmax, or before it. */
  score: Score;
}

export const curveDefaults: CurveOptions = { steps: 50, baseline: "black", order: "morf", score: "probability" };

export const curveLimits: Limits<CurveOptions> = {
  steps: { from: 1, to: 100_000, whole: true },
  baseline: BASELINES,
  order: ["morf", "lerf"],
  score: ["probability", "logit"],
};

/** How many of n pixels are changed at a step: whole ones, rounded down. */
export const pixelsAt = (step: number, steps: number, pixels: number): number => Math.floor((step * pixels) / steps);

/** Area under a curve by the trapezoid rule. */
export function trapezoid({ x, y }: Curve): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return area;
}

/** Each pixel's place when the most (`morf`) or the least relevant pixels go first. */
export function placesOf(values: Float32Array, order: "morf" | "lerf"): Uint32Array {
  const place = new Uint32Array(values.length);
  descending(order === "morf" ? values : values.map((value) => -value)).forEach((pixel, at) => {
    place[pixel] = at;
  });
  return place;
}

/** What is to be said of a map whose order was asked for. */
export const notesOnRanking = (values: Float32Array): readonly string[] =>
  isConstant(values) ? ["the map is constant and ranks nothing: pixels were taken row by row"] : [];

/** Scores on the way from one picture to another, pixel by pixel in the map's order. */
export async function walk(
  context: MetricContext,
  from: Tensor,
  to: Tensor,
  options: CurveOptions,
): Promise<Outcome & { readonly curve: Curve }> {
  const { steps, order, score } = options;
  const { values } = context.map;
  const place = placesOf(values, order);
  const y = await context.stream(
    steps + 1,
    (step, out) => {
      const changed = pixelsAt(step, steps, place.length);
      for (let i = 0; i < out.length; i++) out[i] = (place[context.pixelOf(i)] < changed ? to : from).data[i];
    },
    score,
  );
  const curve = { x: Array.from(y, (_, step) => step / steps), y: Array.from(y) };
  return {
    value: trapezoid(curve),
    curve,
    notes: notesOnRanking(values),
  };
}
