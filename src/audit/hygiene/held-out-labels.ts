import { runYielding } from "../../core/cooperative.js";
import { type Coordinates, coordinatesOf } from "../../core/logistic/coordinates.js";
import { heldOutFits } from "../../core/logistic/cross-validation.js";
import { type LogisticFit, softmaxLoss } from "../../core/logistic/regression.js";
import { random } from "../../core/random.js";
import { plural } from "../../render/format.js";
import { projected, randomDirections } from "../measures/random-directions.js";
import type { Storage } from "../shards/storage.js";
import { storedVectors } from "./stored-vectors.js";
import type { HygienePicture } from "./types.js";

export interface LabelledPicture {
  readonly picture: HygienePicture;
  /** Of its label among the model's classes. */
  readonly index: number;
}

/** Probabilities of pictures by logistic regressions that were fitted without them. */
export interface ValidatedProbabilities {
  /** The pictures of classes that have enough of them. */
  readonly kept: readonly LabelledPicture[];
  /** These classes, by their numbers in the model. */
  readonly classes: readonly number[];
  /** How many of the pictures the regressions were fitted on. */
  readonly fitted: number;
  readonly folds: number;
  /** Of each picture that is kept, in order, [classes]; read anew each time. */
  rows(): AsyncIterable<Float32Array>;
}

export interface ValidationOptions {
  readonly seed: number;
  /** Pictures that regressions are fitted on; of more, as many of each class as is its share. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

/** Pictures of a class, so that each fold has one of them. */
export const FEWEST_OF_CLASS = 5;
/** Pictures whose features are held in memory: more do not make a regression on so few features better. */
const MOST_FITTED = 10_000;
/** Longer features are projected on so many random directions. */
const DIRECTIONS = 256;
/** Multiplications of one pass over the pictures that are fitted: more take hours. */
const MOST_WORK = 2e8;

/**
 * Fits the labels on what the model's last layer reads, and says of each picture what models that were fitted without it say.
 * @returns why it cannot be done, where it cannot
 */
export async function validatedProbabilities(
  pictures: readonly LabelledPicture[],
  storage: Storage,
  { seed, most = MOST_FITTED, signal }: ValidationOptions,
): Promise<ValidatedProbabilities | string> {
  const counts = new Map<number, number>();
  for (const { index } of pictures) counts.set(index, (counts.get(index) ?? 0) + 1);
  const classes = [...counts.keys()].filter((k) => (counts.get(k) ?? 0) >= FEWEST_OF_CLASS).sort((a, b) => a - b);
  if (classes.length < 2)
    return `fewer than two classes have ${FEWEST_OF_CLASS} pictures that the model was trained on`;
  const position = new Map(classes.map((index, k) => [index, k]));
  const kept = pictures.filter(({ index }) => position.has(index));
  const given = Int32Array.from(kept, ({ index }) => position.get(index) as number);
  const affordable = Math.floor(MOST_WORK / (classes.length * DIRECTIONS));
  const sample = sampleOf(given, classes.length, Math.min(most, affordable), seed);
  if (!sample) {
    return `${plural(kept.length, "picture")} of ${classes.length} classes that the model was trained on are too many to cross-validate`;
  }
  const read = await featureRows(kept, new Set(sample), storage, seed);
  if (!read) return "the audit has no features to judge labels by, of pictures that the model was trained on";
  const coordinates = coordinatesOf(read.rows);
  const { data, width } = coordinates;
  if (width === 0) return "the model's features are the same for all pictures that it was trained on";
  const fitted = { data, features: width, classes: sample.map((i) => given[i]), count: classes.length };
  const { fits, foldOf } = await runYielding(heldOutFits(fitted, seed), signal);
  const models = fits.map((fit) => linearModel(fit, coordinates, read.directions));
  // those that no model was fitted on may be judged by any
  const judge = Int32Array.from(kept, (_, i) => i % models.length);
  for (const [k, i] of sample.entries()) judge[i] = foldOf[k];
  const own = kept.map(({ picture }) => picture);
  const rows = async function* () {
    let i = 0;
    for await (const features of storedVectors(storage, own, "features")) yield said(models[judge[i++]], features);
  };
  return { kept, classes, fitted: sample.length, folds: models.length, rows };
}

/** Positions of at most so many, ascending, of each class its share, and enough; undefined where that is not possible. */
function sampleOf(given: Int32Array, classes: number, most: number, seed: number): Int32Array | undefined {
  if (given.length <= most) return Int32Array.from(given.keys());
  if (most < 2 * FEWEST_OF_CLASS * classes) return undefined;
  const source = random(seed);
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const [i, k] of given.entries()) members[k].push(i);
  const room = most - FEWEST_OF_CLASS * classes;
  return Int32Array.from(
    members.flatMap((all, k) => {
      const share = Math.floor((room * all.length) / given.length);
      return source
        .fork(k)
        .shuffle(all)
        .slice(0, FEWEST_OF_CLASS + share);
    }),
  ).sort();
}

interface Features {
  /** Of the pictures of the sample, on few directions. */
  readonly rows: readonly Float32Array[];
  /** What they are projected on; undefined where they are short. */
  readonly directions?: Float32Array;
}

/** Undefined where the model has no layer to read them from. */
async function featureRows(
  pictures: readonly LabelledPicture[],
  sample: ReadonlySet<number>,
  storage: Storage,
  seed: number,
): Promise<Features | undefined> {
  const rows: Float32Array[] = [];
  let directions: Float32Array | undefined;
  let i = 0;
  const own = pictures.map(({ picture }) => picture);
  for await (const row of storedVectors(storage, own, "features")) {
    if (row.length === 0 || Number.isNaN(row[0])) return undefined;
    if (row.length > DIRECTIONS) directions ??= randomDirections(row.length, DIRECTIONS, seed);
    if (sample.has(i++)) rows.push(directions ? projected(row, directions) : row.slice());
  }
  return { rows, directions };
}

/** A regression on the features as they are stored. */
interface LinearModel {
  /** [classes][features] */
  readonly weights: readonly Float64Array[];
  readonly bias: readonly number[];
}

function linearModel(fit: LogisticFit, { width, toFeatures }: Coordinates, directions?: Float32Array): LinearModel {
  const classes = Array.from(fit.bias, (bias, k) => {
    const { weights, bias: shift } = toFeatures(fit.weights.slice(k * width, (k + 1) * width));
    return { weights: directions ? alongDirections(weights, directions) : weights, bias: bias + shift };
  });
  return { weights: classes.map(({ weights }) => weights), bias: classes.map(({ bias }) => bias) };
}

/** Weights of projections as weights of what is projected. */
function alongDirections(weights: Float64Array, directions: Float32Array): Float64Array {
  const length = directions.length / weights.length;
  const out = new Float64Array(length);
  for (const [k, weight] of weights.entries()) {
    for (let d = 0; d < length; d++) out[d] += weight * directions[k * length + d];
  }
  return out;
}

function said({ weights, bias }: LinearModel, features: Float32Array): Float32Array {
  const scores = Float64Array.from(weights, (own, k) => {
    let sum = bias[k];
    for (let f = 0; f < features.length; f++) sum += own[f] * features[f];
    return sum;
  });
  softmaxLoss(scores, 0);
  return Float32Array.from(scores);
}
