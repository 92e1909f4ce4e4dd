import { throwIfAborted } from "../core/errors.js";
import { mean } from "../core/statistics.js";
import type { Measurement, RandomBaseline } from "./evaluation.js";
import type { Curve, Metric, Outcome } from "./metric.js";
import type { MetricContext } from "./metric-context.js";
import { centredGaussian, randomField, rearranged } from "./random-baseline.js";

/** A metric with its options. */
export interface Task {
  readonly metric: Metric<Record<string, unknown>>;
  readonly options: Record<string, unknown>;
  /** Random baseline maps to compare with. */
  readonly nulls: number;
}

/** Measures one metric of one map and, where it has one, its random baseline. */
export async function measure(context: MetricContext, task: Task, tick: () => void): Promise<Measurement> {
  const { metric, options } = task;
  const { counter } = context.setting;
  const before = counter.passes;
  const started = performance.now();
  const outcome = await metric.measure(context, options);
  tick();
  const nulls = task.nulls > 0 ? await randomBaseline(context, task, outcome, tick) : undefined;
  return {
    metric: metric.name,
    better: metric.better,
    ...outcome,
    nulls,
    passes: counter.passes - before,
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
  };
}

/** The same metric of random maps, and of a Gaussian in the middle of the picture. */
async function randomBaseline(
  context: MetricContext,
  task: Task,
  { value }: Outcome,
  tick: () => void,
): Promise<RandomBaseline> {
  const { metric, options, nulls: count } = task;
  const { width, height, map } = context;
  const field = (i: number) =>
    context.once(`field ${i}`, async () => randomField(context.random(1000 + i), width, height));
  const judge = async (values: Float32Array) =>
    metric.measure(context.with({ values, native: values, rerun: undefined }), options);
  const ranked = metric.nulls === "ranks";
  const key = `${metric.name} ${JSON.stringify(options)}`;
  const outcomes: Outcome[] = [];
  for (let i = 0; i < count; i++) {
    throwIfAborted(context.setting.signal);
    const order = await field(i);
    const shared = () => context.once(`${key} of field ${i}`, () => judge(order));
    outcomes.push(await (ranked ? shared() : judge(rearranged(map.values, order))));
    tick();
  }
  const gaussian = () => judge(centredGaussian(width, height));
  const centre = await (ranked ? context.once(`${key} of the centre`, gaussian) : gaussian());
  const regions = outcomes.map((outcome) => outcome.value);
  const better = regions.filter((other) => (metric.better === "higher" ? other >= value : other <= value)).length;
  return {
    regions,
    mean: mean(regions),
    chance: (1 + better) / (1 + count),
    centre: centre.value,
    curves: centre.curve && { regions: meanCurve(outcomes.map(({ curve }) => curve as Curve)), centre: centre.curve },
  };
}

function meanCurve(curves: readonly Curve[]): Curve {
  return { x: curves[0].x, y: curves[0].y.map((_, i) => mean(curves.map(({ y }) => y[i]))) };
}
