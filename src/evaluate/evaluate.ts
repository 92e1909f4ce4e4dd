import { checkKeys, SightlineError, throwIfAborted } from "../core/errors.js";
import { checkFinite } from "../core/ranks.js";
import type { Tensor } from "../core/tensor.js";
import type { Progress } from "../core/work.js";
import { ambient } from "../core/work.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { resizeMap } from "../image/resize-map.js";
import type { ImageSource, Rect } from "../image/types.js";
import { checkRange } from "../methods/pixel-gradients.js";
import { find } from "../methods/registry.js";
import type { Control, Model, Target } from "../model/types.js";
import { agreement } from "./agreement.js";
import { Evaluation, type EvaluationRow, type Measurement, type Nulls } from "./evaluation.js";
import { type Curve, checkLimits, type Metric, type Outcome } from "./metric.js";
import { type Rerun, Trial, type TrialMap } from "./metric-context.js";
import { centredGaussian, randomField, rearranged } from "./random-baseline.js";
import { type Mask, regionOf } from "./region.js";
import { findMetric, type MetricName, type MetricOptions } from "./registry.js";

/** A metric by its name, with its own options where they differ from the defaults. */
export type MetricChoice =
  | MetricName
  | "agreement"
  | { [Name in MetricName]: { name: Name } & Partial<MetricOptions<Name>> }[MetricName];

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends Control {
  /**
   * What to measure. Without it: insertion, deletion, average drop and cost, with a mask or box also pointing, IoU and
   * relevance mass and rank, and with several maps their agreement.
   */
  metrics?: readonly MetricChoice[];
  /** Class whose maps are tested; each explanation's first target when absent. */
  target?: Target;
  /** The true object, drawn on the picture. */
  mask?: Mask;
  /** The true object's boxes, in pixels of the picture. */
  box?: Rect | readonly Rect[];
  /** Seed of the nulls and of metrics that draw; default 0. */
  seed?: number;
  /**
   * Random maps of equal areas that each metric is compared with; default 20 where each costs forward passes, 200
   * elsewhere. 0 leaves the nulls out.
   */
  nulls?: number;
  onProgress?(progress: Progress): void;
}

const OPTIONS = ["metrics", "target", "mask", "box", "seed", "nulls", "signal", "onProgress"];
const USUAL: readonly MetricName[] = ["insertion", "deletion", "average-drop", "cost"];
const WITH_REGION: readonly MetricName[] = ["pointing", "iou", "relevance-mass", "relevance-rank"];

interface Task {
  readonly metric: Metric<Record<string, unknown>>;
  readonly options: Record<string, unknown>;
  /** Random maps to compare with. */
  readonly nulls: number;
}

/**
 * Measures how far maps of one picture can be believed, each metric beside what maps that know nothing reach.
 *
 * Maps are resized to the model's input. Of signed maps only positive evidence counts where evidence is weighed; order
 * counts all values. A constant map ranks nothing: its pixels are taken row by row, and a note says so.
 * @example
 * const explanation = await explain(model, "cat.png", { method: "recipro-cam" });
 * const metrics = ["insertion", { name: "pointing", tolerance: 5 }] as const;
 * const result = await evaluate(model, "cat.png", explanation, { metrics, box: { x: 8, y: 8, width: 40, height: 40 } });
 * result.get("insertion").nulls?.chance;                      // how often a random map does as well
 * @throws SightlineError `not-finite` for maps with NaN or infinite values, given or made again by a metric,
 *   `shape-mismatch` for a mask of another size, `bad-config` where a metric misses its mask, `unknown-option`,
 *   `unknown-label`, `aborted`
 */
export async function evaluate(
  model: Model,
  image: ImageSource,
  explanation: Explanation | readonly Explanation[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkKeys(options, OPTIONS, "evaluate");
  const explanations = [explanation].flat() as Explanation[];
  if (explanations.length === 0) {
    throw new SightlineError("bad-config", "there is nothing to evaluate", { expected: "at least one explanation" });
  }
  const { seed = 0 } = options;
  if (options.nulls !== undefined) checkRange("nulls", options.nulls, 0, 1e6, true);
  const signal = options.signal ?? ambient.signal?.();
  throwIfAborted(signal);
  const prepared = await model.prepare(image, { signal });
  const region = regionOf(prepared, model.info.input, options);
  const together = options.metrics?.includes("agreement") ?? explanations.length > 1;
  if (together && explanations.length < 2) {
    throw new SightlineError("bad-config", "agreement is between maps", {
      received: `${explanations.length} map`,
      expected: "two or more explanations of the picture",
    });
  }
  const tasks = tasksOf(options, region !== undefined);
  const counter = { passes: 0 };
  const caches = new Map<number, Map<string, Promise<unknown>>>();
  const total = tasks.reduce((sum, { nulls }) => sum + 1 + nulls, 0) * explanations.length;
  let done = 0;
  const tick = () => options.onProgress?.({ done: ++done, total });

  const rows: EvaluationRow[] = [];
  const maps: Float32Array[] = [];
  for (const one of explanations) {
    const target = options.target === undefined ? one.targets[0].index : model.classIndex(options.target);
    const cache = caches.get(target) ?? new Map<string, Promise<unknown>>();
    caches.set(target, cache);
    const map = mapOf(model, one, target, rerunOf(model, one, { picture: prepared.tensor, target, counter, signal }));
    const trial = new Trial({ model, prepared, target, region, seed, signal, counter, cache }, map);
    const measurements: Measurement[] = [];
    for (const task of tasks) {
      throwIfAborted(signal);
      measurements.push(await measure(trial, task, tick));
    }
    maps.push(map.values);
    const { method } = one.provenance;
    rows.push({
      name: unique(method, rows),
      method,
      target: one.targets[one.indexOf(target)],
      measurements,
    });
  }
  return new Evaluation({
    image: prepared.picture.name,
    model: model.info.name,
    seed,
    rows,
    agreement: together
      ? agreement(
          rows.map(({ name }) => name),
          maps,
        )
      : undefined,
  });
}

function tasksOf({ metrics, nulls }: EvaluateOptions, region: boolean): Task[] {
  const chosen: readonly MetricChoice[] = metrics ?? [...USUAL, ...(region ? WITH_REGION : [])];
  return chosen
    .filter((choice) => choice !== "agreement")
    .map((choice) => {
      const { name, ...own } = typeof choice === "string" ? { name: choice } : choice;
      const metric = findMetric(name);
      checkKeys(own, Object.keys(metric.defaults), name);
      if (metric.needs.includes("region") && !region) {
        throw new SightlineError("bad-config", `${name} needs to know where the object is`, {
          expected: "a mask or a box",
          next: "pass { mask } or { box }",
        });
      }
      const settings = { ...metric.defaults, ...own };
      checkLimits(metric, settings);
      const wanted = nulls ?? (metric.passes ? 20 : 200);
      return { metric, options: settings, nulls: metric.nulls === "none" ? 0 : wanted };
    });
}

/** A free name for a row: the method's, numbered from its second map on. */
function unique(method: string, rows: readonly EvaluationRow[]): string {
  const before = rows.filter((row) => row.method === method).length;
  return before ? `${method} (${before + 1})` : method;
}

function mapOf(model: Model, explanation: Explanation, target: number, rerun: Rerun): TrialMap {
  const { provenance } = explanation;
  const native = explanation.map(target);
  checkFinite(provenance.method, native.data);
  const { width, height } = model.info.input;
  return {
    values: native.resize(width, height).data,
    native: native.data,
    signed: native.signed,
    seed: provenance.seed,
    score: provenance.score === "logit" ? "logit" : "probability",
    rerun,
    provenance,
    baseline: provenance.options.baseline,
  };
}

interface RerunSetting {
  readonly picture: Tensor;
  readonly target: number;
  readonly counter: { passes: number };
  readonly signal?: AbortSignal;
}

/** The method of an explanation again, with the options that it had. */
function rerunOf(model: Model, { provenance }: Explanation, { picture, target, counter, signal }: RerunSetting): Rerun {
  return async ({ input = picture, seed = provenance.seed, model: other = model }) => {
    const known = find(provenance.method).options;
    const own = Object.fromEntries(Object.entries(provenance.options).filter(([key]) => known.includes(key)));
    const options = { ...own, method: provenance.method, targets: target, seed, signal };
    const again = await explain(other, input, options as object);
    counter.passes += again.provenance.forwardPasses;
    const { data, width, height } = again.map(target);
    checkFinite(provenance.method, data);
    return resizeMap(data, width, height, model.info.input.width, model.info.input.height);
  };
}

async function measure(trial: Trial, task: Task, tick: () => void): Promise<Measurement> {
  const { metric, options } = task;
  const { counter } = trial.setting;
  const before = counter.passes;
  const started = performance.now();
  const outcome = await metric.measure(trial, options);
  tick();
  const nulls = task.nulls > 0 ? await nullsOf(trial, task, outcome, tick) : undefined;
  return {
    metric: metric.name,
    better: metric.better,
    ...outcome,
    nulls,
    passes: counter.passes - before,
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
  };
}

async function nullsOf(trial: Trial, task: Task, { value }: Outcome, tick: () => void): Promise<Nulls> {
  const { metric, options, nulls: count } = task;
  const { width, height, map } = trial;
  const field = (i: number) => trial.once(`field ${i}`, async () => randomField(trial.random(1000 + i), width, height));
  const judge = async (values: Float32Array) =>
    metric.measure(trial.with({ values, native: values, rerun: undefined }), options);
  const ranked = metric.nulls === "ranks";
  const key = `${metric.name} ${JSON.stringify(options)}`;
  const outcomes: Outcome[] = [];
  for (let i = 0; i < count; i++) {
    throwIfAborted(trial.setting.signal);
    const order = await field(i);
    const shared = () => trial.once(`${key} of field ${i}`, () => judge(order));
    outcomes.push(await (ranked ? shared() : judge(rearranged(map.values, order))));
    tick();
  }
  const gaussian = () => judge(centredGaussian(width, height));
  const centre = await (ranked ? trial.once(`${key} of the centre`, gaussian) : gaussian());
  const regions = outcomes.map((outcome) => outcome.value);
  const better = regions.filter((other) => (metric.better === "higher" ? other >= value : other <= value)).length;
  return {
    regions,
    mean: regions.reduce((sum, other) => sum + other, 0) / count,
    chance: (1 + better) / (1 + count),
    centre: centre.value,
    curves: centre.curve && { regions: meanCurve(outcomes.map(({ curve }) => curve as Curve)), centre: centre.curve },
  };
}

function meanCurve(curves: readonly Curve[]): Curve {
  const y = curves[0].y.map((_, i) => curves.reduce((sum, curve) => sum + curve.y[i], 0) / curves.length);
  return { x: curves[0].x, y };
}
