import { runYielding } from "../../core/cooperative.js";
import { coordinatesOf } from "../../core/logistic/coordinates.js";
import { heldOutProbabilities } from "../../core/logistic/cross-validation.js";
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
  /** [kept, classes] */
  readonly probabilities: Float32Array;
  readonly folds: number;
}

/** Pictures of a class, so that each fold has one of them. */
const FEWEST_OF_CLASS = 5;
/** Longer features are projected on so many random directions. */
const DIRECTIONS = 256;
/** Multiplications of one pass over the pictures: more take hours. */
const MOST_WORK = 2e8;

/**
 * Fits the labels on what the model's last layer reads, and says of each picture what models that were fitted without it say.
 * @returns why it cannot be done, where it cannot
 */
export async function validatedProbabilities(
  pictures: readonly LabelledPicture[],
  storage: Storage,
  { seed, signal }: { seed: number; signal?: AbortSignal },
): Promise<ValidatedProbabilities | string> {
  const counts = new Map<number, number>();
  for (const { index } of pictures) counts.set(index, (counts.get(index) ?? 0) + 1);
  const classes = [...counts.keys()].filter((k) => (counts.get(k) ?? 0) >= FEWEST_OF_CLASS).sort((a, b) => a - b);
  if (classes.length < 2)
    return `fewer than two classes have ${FEWEST_OF_CLASS} pictures that the model was trained on`;
  const position = new Map(classes.map((index, k) => [index, k]));
  const kept = pictures.filter(({ index }) => position.has(index));
  const rows = await featureRows(kept, storage, seed);
  if (rows.length < kept.length)
    return "the audit has no features to judge labels by, of pictures that the model was trained on";
  const { data, width } = coordinatesOf(rows);
  if (width === 0) return "the model's features are the same for all pictures that it was trained on";
  if (kept.length * classes.length * width > MOST_WORK) {
    return `${plural(kept.length, "picture")} of ${classes.length} classes that the model was trained on are too many to cross-validate`;
  }
  const given = Int32Array.from(kept, ({ index }) => position.get(index) as number);
  const task = heldOutProbabilities({ data, features: width, classes: given, count: classes.length }, seed);
  const { probabilities, folds } = await runYielding(task, signal);
  return { kept, classes, probabilities, folds };
}

/** Features, on few directions; none of a picture whose model has no layer to read them from. */
async function featureRows(
  pictures: readonly LabelledPicture[],
  storage: Storage,
  seed: number,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  let directions: Float32Array | undefined;
  const own = pictures.map(({ picture }) => picture);
  for await (const row of storedVectors(storage, own, "features")) {
    if (row.length === 0 || Number.isNaN(row[0])) continue;
    if (row.length > DIRECTIONS) directions ??= randomDirections(row.length, DIRECTIONS, seed);
    rows.push(directions ? projected(row, directions) : row.slice());
  }
  return rows;
}
