import { checkKeys, checkList } from "../core/checks.js";
import { isSightlineError, SightlineError } from "../core/errors.js";
import { failureOf } from "../core/failures.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { random } from "../core/random.js";
import { mean } from "../core/statistics.js";
import { longWork, type Progress, unwatched } from "../core/work.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { planOf } from "../explain/plan.js";
import type { ImageSource } from "../image/types.js";
import type { Preset } from "../methods/method.js";
import { METHODS, type MethodName } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Control, Model } from "../model/types.js";
import { evaluate, type MetricChoice } from "./evaluate.js";
import type { Measurement } from "./evaluation.js";
import { averageRanks, bootstrap, type Estimate } from "./rank-statistics.js";
import { type LeftOut, Recommendation, type RecommendationRow, type Verdict } from "./recommendation.js";

/** Options of {@link recommend}. */
export interface RecommendOptions extends Control {
  /** Which methods; every one that suits the model and keeps to the budget when absent. */
  methods?: readonly MethodName[];
  /** How much each method spends; default "speed". */
  preset?: Preset;
  /** Forward and backward passes a map that a method may cost, where none were named; default 2000. */
  budget?: number;
  /** Random maps that stand beside the methods, for each picture; default 5. */
  nulls?: number;
  /** Seed of maps, metrics and intervals; default 0. */
  seed?: number;
  /** Called as measurements are done: how many pictures of all, in fractions. */
  onProgress?(progress: Progress): void;
}

const OPTIONS = optionNames<RecommendOptions>({
  methods: true,
  preset: true,
  budget: true,
  nulls: true,
  seed: true,
  signal: true,
  onProgress: true,
});
const LIMITS: Limits<Pick<RecommendOptions, "budget" | "nulls" | "seed">> = {
  budget: { from: 1 },
  nulls: { from: 1, to: 1e6, whole: true },
  seed: { whole: true },
};

/** Methods whose maps are not evidence for one class. */
const OTHER_QUESTIONS: readonly MethodName[] = [
  ...(["contrast", "contrastive", "counterfactual", "crp", "feature-maps", "feature-visualization"] as const),
];
const FEWEST_PICTURES = 3;

/** What the rank is made of: metrics with random baselines. */
const RANKED = ["insertion", "deletion", "srg", "road", "infidelity"] as const;
const STEPS = 20;
const MEASURED: readonly MetricChoice[] = [
  { name: "insertion", steps: STEPS },
  { name: "deletion", steps: STEPS },
  { name: "srg", steps: STEPS },
  { name: "road", steps: 4 },
  "infidelity",
  { name: "sanity", stages: 1 },
  { name: "stability", seeds: 1, draws: 1 },
  "cost",
];

/** A map that correlates more with that of shuffled weights ignores them: coarse maps reach some tenths by chance. */
const SANITY_LIMIT = 0.7;
/** A map that correlates less with its like under small noise, or for another seed, does not hold still. */
const STABILITY_LIMIT = 0.5;

/** Everything measured of a method, picture by picture. */
type Measured = ReadonlyMap<string, readonly (readonly Measurement[])[]>;

/**
 * Which method to use for a model: runs those that suit it on some pictures for the predicted class, and ranks them by
 * insertion, deletion, srg, road and infidelity together with random maps and a Gaussian in the middle. The rank is the mean over
 * metrics and pictures, its interval a bootstrap over pictures. Recommended is the cheapest of the methods that cannot
 * be told from the best, are surely ahead of random maps (paired 95 % intervals), change with the model's weights (sanity
 * of at most .7) and hold still (stability of at least .5); where it is not ahead of the Gaussian as well, the first sentence says so. Ranks depend on the methods that take part, and the
 * answer on the pictures: take some of the kind that you will explain.
 * @param images at least 3
 * @example
 * const recommendation = await recommend(model, ["cat.png", "dog.png", "cat.png"], { methods: ["recipro-cam", "grad-cam"] });
 * recommendation.sentences;
 * @throws SightlineError `bad-config` for fewer than 3 pictures or where no method gives maps of them all, `bad-image`,
 *   `unknown-method`, `aborted`
 */
export async function recommend(
  model: Model,
  images: readonly ImageSource[],
  options: RecommendOptions = {},
): Promise<Recommendation> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "recommend");
  checkOptions("recommend", LIMITS, options);
  checkList(images, "the pictures", "a list of at least 3 pictures");
  if (images.length < FEWEST_PICTURES) {
    throw new SightlineError("bad-config", `${images.length} pictures are too few to recommend a method by`, {
      received: images.length,
      expected: `at least ${FEWEST_PICTURES}; ten or more say much more`,
    });
  }
  return longWork(`recommendation for ${model.info.name}`, options.signal, async ({ signal, progress }) => {
    const { seed = 0 } = options;
    const { candidates, leftOut } = candidatesOf(model, options);
    const onProgress = (state: Progress) => {
      options.onProgress?.(state);
      progress(state);
    };
    const { measured, failed } = await measureAll(model, images, candidates, { ...options, seed, signal, onProgress });
    if (measured.size === 0) throw nothingMeasured([...failed, ...leftOut]);
    const rows = rowsOf(measured, seed);
    return new Recommendation({
      model: { name: model.info.name, sha256: model.info.sha256 },
      method: cheapest(rows),
      pictures: images.length,
      seed,
      rankedBy: RANKED,
      rows,
      leftOut: [...failed, ...leftOut],
    });
  });
}

function nothingMeasured(leftOut: readonly LeftOut[]): SightlineError {
  return new SightlineError("bad-config", "no method gave maps of all pictures", {
    received: leftOut.map(({ method, reason }) => `${method}: ${reason}`).join("; "),
    next: "name methods, or raise the budget",
  });
}

function candidatesOf(model: Model, { methods, preset = "speed", budget = 2000 }: RecommendOptions) {
  if (methods) checkList(methods, "the methods", "a list of methods by name");
  const leftOut: LeftOut[] = [];
  const candidates: MethodName[] = [];
  for (const method of methods ?? (Object.keys(METHODS) as MethodName[])) {
    const reason = reasonToLeaveOut(model, method, preset, methods ? Number.POSITIVE_INFINITY : budget);
    if (reason === undefined) candidates.push(method);
    else leftOut.push({ method, reason });
  }
  return { candidates, leftOut };
}

function reasonToLeaveOut(model: Model, name: MethodName, preset: Preset, budget: number): string | undefined {
  if (OTHER_QUESTIONS.includes(name)) return "its maps are not what speaks for one class, or a part of it";
  try {
    const { method, options } = planOf(model, { method: name, preset });
    const { forward, backward } = method.cost(options, model.info);
    const passes = forward + backward;
    return passes > budget ? `it takes ${passes} passes a map, beyond the budget of ${budget}` : undefined;
  } catch (error) {
    const { code, message } = failureOf(error);
    if (code === "unknown-method" || code === "unknown-option") throw error;
    return message;
  }
}

interface Setting extends RecommendOptions {
  readonly seed: number;
}

/** Measures methods on pictures; one that fails on a picture is dropped, with its reason. */
async function measureAll(
  model: Model,
  images: readonly ImageSource[],
  candidates: readonly MethodName[],
  { preset = "speed", nulls = 5, seed, signal, onProgress }: Setting,
): Promise<{ measured: Measured; failed: LeftOut[] }> {
  const measured = new Map<string, Measurement[][]>(candidates.map((method) => [method, []]));
  const failed: LeftOut[] = [];
  const drop = (method: string, reason: string) => {
    measured.delete(method);
    failed.push({ method, reason });
  };
  for (const [picture, image] of images.entries()) {
    const prepared = await model.prepare(image, { signal });
    const explanations: Explanation[] = [];
    for (const method of measured.keys()) {
      const settings = { method: method as "auto", preset, seed: seed + picture, signal };
      try {
        explanations.push(await unwatched(() => explain(model, prepared, settings)));
      } catch (error) {
        if (isSightlineError(error, "aborted", "model-closed", "worker-died")) throw error;
        drop(method, failureOf(error).message);
      }
    }
    if (explanations.length === 0) break;
    const onPicture = ({ done, total }: Progress) =>
      onProgress?.({ done: picture + done / total, total: images.length });
    const settings = { metrics: MEASURED, nulls, seed: seed + picture, signal, onProgress: onPicture };
    const { rows } = await unwatched(() => evaluate(model, prepared, explanations, settings));
    for (const { method, measurements, failures = [] } of rows) {
      const missing = failures.find(({ metric }) => RANKED.some((ranked) => ranked === metric));
      if (missing) drop(method, `${missing.metric}: ${missing.message}`);
      else measured.get(method)?.push([...measurements]);
    }
  }
  return { measured, failed };
}

const BASELINES = ["random maps", "centred Gaussian"] as const;

/** A metric's value as the table has it, and those of the baselines; infidelity as a share of what zeros have. */
function valuesOf(measurement: Measurement): { own: number; random: number; centre: number } {
  const { value, parts, nulls, metric } = measurement;
  const scale = metric === "infidelity" && value > 0 ? (parts?.relative ?? 1) / value : 1;
  return {
    own: scale * value,
    random: scale * (nulls?.mean ?? Number.NaN),
    centre: scale * (nulls?.centre ?? Number.NaN),
  };
}

/** A check's value; of cost both kinds of passes. */
const checkedValue = (measurement: Measurement | undefined): number | undefined =>
  measurement && measurement.value + (measurement.parts?.backwardPasses ?? 0);

/** One row a method and baseline, best first. */
function rowsOf(measured: Measured, seed: number): RecommendationRow[] {
  const names = [...measured.keys()];
  const pictures = [...measured.values()][0].length;
  const found = (name: string, picture: number, metric: string) =>
    measured.get(name)?.[picture].find((one) => one.metric === metric);
  const values = (picture: number, metric: string) => {
    const all = names.map((name) => valuesOf(found(name, picture, metric) as Measurement));
    return [...all.map(({ own }) => own), mean(all.map(({ random }) => random)), mean(all.map(({ centre }) => centre))];
  };
  const table = Array.from({ length: pictures }, (_, picture) => RANKED.map((metric) => values(picture, metric)));
  const larger = table.map((metrics) =>
    metrics.map((row, i) => row.map((value) => (["insertion", "srg"].includes(RANKED[i]) ? value : -value))),
  );
  const rank = averageRanks(larger);
  const meansOf = (name: string, i: number) => {
    const ranked = RANKED.map((metric, m) => [metric, mean(table.map((metrics) => metrics[m][i]))] as const);
    const checks = (["sanity", "stability", "cost"] as const).flatMap((metric) => {
      const each = Array.from({ length: pictures }, (_, p) => checkedValue(found(name, p, metric)));
      return each.every((value) => value !== undefined) ? [[metric, mean(each as number[])] as const] : [];
    });
    return Object.fromEntries([...ranked, ...checks]);
  };
  const column = (i: number) => rank.map((row) => row[i]);
  const estimate = (column: readonly number[]) => bootstrap(column, random(seed));
  const metrics = names.map(meansOf);
  const verdicts = verdictsOf(rank, metrics, estimate);
  const middle = names.length + BASELINES.indexOf("centred Gaussian");
  const aheadOfCentre = (i: number) => estimate(rank.map((row) => row[middle] - row[i])).low > 0;
  const rows = [...names, ...BASELINES].map((name, i) => ({
    name,
    rank: estimate(column(i)),
    metrics: metrics[i] ?? meansOf(name, i),
    ...(i < names.length && { verdict: verdicts[i], aheadOfCentre: aheadOfCentre(i) }),
  }));
  return rows.toSorted((a, b) => a.rank.mean - b.rank.mean);
}

/** @param rank one row a picture, a column for each method, then those of the baselines */
function verdictsOf(
  rank: readonly (readonly number[])[],
  metrics: readonly Readonly<Record<string, number>>[],
  estimate: (values: readonly number[]) => Estimate,
): Verdict[] {
  const count = metrics.length;
  const surely = (worse: number, better: number) => estimate(rank.map((row) => row[worse] - row[better])).low > 0;
  const flaws = metrics.map(({ sanity, stability }, i): Verdict | undefined => {
    if (!surely(count + BASELINES.indexOf("random maps"), i)) return "no better than chance";
    if (sanity > SANITY_LIMIT) return "ignores the weights";
    return stability < STABILITY_LIMIT ? "does not hold still" : undefined;
  });
  const means = metrics.map((_, i) => mean(rank.map((row) => row[i])));
  const best = means.reduce((at, value, i) => (!flaws[i] && (at < 0 || value < means[at]) ? i : at), -1);
  return flaws.map((flaw, i) => flaw ?? (i === best ? "best" : surely(i, best) ? "worse" : "as good"));
}

/** The cheapest of the best: fewest passes, the better rank among equals. */
function cheapest(rows: readonly RecommendationRow[]): MethodName | undefined {
  const good = rows.filter(({ verdict }) => verdict === "best" || verdict === "as good");
  return good.toSorted((a, b) => a.metrics.cost - b.metrics.cost)[0]?.name as MethodName | undefined;
}
