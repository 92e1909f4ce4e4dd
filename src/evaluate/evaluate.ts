import { checkKeys, checkList } from "../core/checks.js";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { failureOf, isOfTheCall } from "../core/failures.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { longWork, type Progress } from "../core/work.js";
import type { Explanation } from "../explain/explanation.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import type { ImageSource, PreparedImage, Rect } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import type { Control, Model, Target } from "../model/types.js";
import { agreement } from "./agreement.js";
import { evaluatedMap, rerunOf } from "./evaluated-map.js";
import { Evaluation, type EvaluationRow, type Measurement, type MetricFailure } from "./evaluation.js";
import { type Mask, objectRegion } from "./ground-truth.js";
import { measure, type Task } from "./measure.js";
import { MetricContext } from "./metric-context.js";
import { findMetric, METRICS, type MetricName, type MetricOptions } from "./registry.js";

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
  /** Seed of the random baseline and of metrics that draw; default 0. */
  seed?: number;
  /**
   * Random maps of equal areas that each metric is compared with; default 20 where each costs forward passes, 200
   * elsewhere. 0 leaves the random baseline out.
   */
  nulls?: number;
  /** Called as metrics are done: how many of all. */
  onProgress?(progress: Progress): void;
}

const OPTIONS = optionNames<EvaluateOptions>({
  metrics: true,
  target: true,
  mask: true,
  box: true,
  seed: true,
  nulls: true,
  signal: true,
  onProgress: true,
});
const LIMITS: Limits<Pick<EvaluateOptions, "seed" | "nulls">> = {
  seed: { whole: true },
  nulls: { from: 0, to: 1e6, whole: true },
};
const USUAL: readonly MetricName[] = ["insertion", "deletion", "average-drop", "cost"];
const WITH_REGION: readonly MetricName[] = ["pointing", "iou", "relevance-mass", "relevance-rank"];

/**
 * Measures how far maps of one picture can be believed, each metric beside what random baseline maps reach.
 *
 * Maps are resized to the model's input. Of signed maps only positive evidence counts where evidence is weighed; order
 * counts all values. A constant map ranks nothing: its pixels are taken row by row, and a note says so. A metric that
 * fails is reported in the row's `failures` beside the rest.
 * @example
 * const explanation = await explain(model, "cat.png", { method: "recipro-cam" });
 * const metrics = ["insertion", { name: "pointing", tolerance: 5 }] as const;
 * const result = await evaluate(model, "cat.png", explanation, { metrics, box: { x: 8, y: 8, width: 40, height: 40 } });
 * result.get("insertion").nulls?.chance;                      // how often a random map does as well
 * @throws SightlineError `not-finite` for maps with NaN or infinite values, the first failure where nothing could be measured,
 *   `shape-mismatch` for a mask of another size, `bad-config` where a metric misses its mask, `unknown-option`,
 *   `unknown-label`, `aborted`
 */
export async function evaluate(
  model: Model,
  image: ImageSource,
  explanation: Explanation | readonly Explanation[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "evaluate");
  return longWork(`evaluation on ${model.info.name}`, options.signal, ({ signal, progress }) =>
    measureAll(model, image, explanation, {
      ...options,
      signal,
      onProgress(state) {
        options.onProgress?.(state);
        progress(state);
      },
    }),
  );
}

async function measureAll(
  model: Model,
  image: ImageSource,
  explanation: Explanation | readonly Explanation[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const explanations = [explanation].flat() as Explanation[];
  if (explanations.length === 0) {
    throw new SightlineError("bad-config", "there is nothing to evaluate", { expected: "at least one explanation" });
  }
  explanations.forEach(checkExplanation);
  checkOptions("evaluate", LIMITS, options);
  const { seed = 0 } = options;
  const { signal } = options;
  throwIfAborted(signal);
  const prepared = await model.prepare(image, { signal });
  const region = objectRegion(prepared, model.info.input, options);
  const withAgreement = asksForAgreement(options, explanations);
  const tasks = tasksOf(options, region !== undefined);
  const total = tasks.reduce((sum, { nulls }) => sum + 1 + nulls, 0) * explanations.length;
  let done = 0;
  const reach = (amount: number) => {
    done = amount;
    options.onProgress?.({ done, total });
  };

  const contexts = contextsOf(model, prepared, explanations, { region, seed, signal, target: options.target });
  const rows: EvaluationRow[] = [];
  let first: unknown;
  for (const [i, one] of explanations.entries()) {
    const measurements: Measurement[] = [];
    const failures: MetricFailure[] = [];
    for (const task of tasks) {
      throwIfAborted(signal);
      const end = done + 1 + task.nulls;
      try {
        measurements.push(await measure(contexts[i], task, () => reach(done + 1)));
      } catch (error) {
        if (isOfTheCall(error)) throw error;
        first ??= error;
        const { name, better } = task.metric;
        failures.push({ metric: name, better, ...failureOf(error) });
        reach(end);
      }
    }
    const { method } = one.provenance;
    const target = one.targets[one.indexOf(contexts[i].setting.target)];
    const failed = failures.length > 0 ? { failures } : {};
    rows.push({ name: uniqueName(method, rows), method, target, measurements, ...failed });
  }
  if (first !== undefined && rows.every(({ measurements }) => measurements.length === 0)) throw first;
  const names = rows.map(({ name }) => name);
  const maps = contexts.map(({ map }) => map.values);
  return new Evaluation({
    image: prepared.picture.name,
    model: model.info.name,
    seed,
    rows,
    agreement: withAgreement ? agreement(names, maps) : undefined,
  });
}

/** @throws SightlineError `bad-config` where it was asked for and there is but one map */
function asksForAgreement({ metrics }: EvaluateOptions, explanations: readonly Explanation[]): boolean {
  const asked = metrics?.includes("agreement") ?? explanations.length > 1;
  if (!asked || explanations.length > 1) return asked;
  throw new SightlineError("bad-config", "agreement is between maps", {
    received: "1 map",
    expected: "two or more explanations of the picture",
  });
}

interface Shared {
  readonly region?: Uint8Array;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly target?: Target;
}

/** What metrics see of each map; maps of one class share what does not depend on the map. */
function contextsOf(
  model: Model,
  prepared: PreparedImage,
  explanations: readonly Explanation[],
  { region, seed, signal, target: wanted }: Shared,
): MetricContext[] {
  const counter = { passes: 0 };
  const caches = new Map<number, Map<string, Promise<unknown>>>();
  return explanations.map((explanation) => {
    const target = wanted === undefined ? explanation.targets[0].index : model.classIndex(wanted);
    const cache = caches.get(target) ?? new Map<string, Promise<unknown>>();
    caches.set(target, cache);
    const rerun = rerunOf(model, explanation, { picture: prepared.tensor, target, counter, signal });
    const map = evaluatedMap(model, explanation, target, rerun);
    return new MetricContext({ model, prepared, target, region, seed, signal, counter, cache }, map);
  });
}

function tasksOf({ metrics, nulls }: EvaluateOptions, region: boolean): Task[] {
  const chosen: readonly MetricChoice[] = metrics ?? [...USUAL, ...(region ? WITH_REGION : [])];
  checkList(chosen, "the metrics", `a list of some of ${Object.keys(METRICS).join(", ")}, agreement`);
  return chosen
    .filter((choice) => choice !== "agreement")
    .map((choice) => {
      const { name, ...given } = typeof choice === "object" && choice !== null ? choice : { name: choice };
      const metric = findMetric(name);
      checkKeys(given, Object.keys(metric.limits), name);
      if (metric.needs.includes("region") && !region) {
        throw new SightlineError("bad-config", `${name} needs to know where the object is`, {
          expected: "a mask or a box",
          next: "pass { mask } or { box }",
        });
      }
      const settings: Record<string, unknown> = { ...metric.defaults, ...given };
      checkOptions(metric.name, metric.limits, settings);
      const wanted = nulls ?? (metric.passes ? 20 : 200);
      return { metric, options: settings, nulls: metric.nulls === "none" ? 0 : wanted };
    });
}

/** A free name for a row: the method's, numbered from its second map on. */
function uniqueName(method: string, rows: readonly EvaluationRow[]): string {
  const before = rows.filter((row) => row.method === method).length;
  return before ? `${method} (${before + 1})` : method;
}
