import { throwIfAborted } from "../../core/errors.js";
import { wilsonInterval } from "../../core/wilson.js";
import { storedVectors } from "../hygiene/stored-vectors.js";
import type { HygienePicture } from "../hygiene/types.js";
import { type Calibration, calibrationOf } from "../measures/calibration.js";
import type { Storage } from "../shards/storage.js";
import { averagePrecision } from "./average-precision.js";
import { type LabelCounts, type LabelTally, tallyOf, tallySql } from "./label-counts.js";
import { labelsOfText } from "./label-set.js";

/** How well one of several independent labels is found. */
export interface LabelMeasure extends LabelCounts {
  /**
   * Mean precision at the places of the pictures that have it, all ordered by its probability; null where none has it. Its
   * interval is Wilson's of as many pictures as have it (Boyd, Eng & Page, Area under the Precision-Recall Curve,
   * ECML 2013).
   */
  readonly averagePrecision: number | null;
  readonly averagePrecisionInterval: readonly [low: number, high: number];
  /** Whether pictures in which it has some probability have it as often: `accuracy` is the share that has it. */
  readonly calibration: Omit<Calibration, "classes">;
}

/** How well a model of independent labels finds them, over pictures whose labels are known. */
export interface LabelMeasures extends Omit<LabelTally, "labels"> {
  readonly labels: readonly LabelMeasure[];
  /** Mean of the labels' average precision; null where no picture has a label. */
  readonly meanAveragePrecision: number | null;
}

/** Probabilities that are held in memory at once. */
const MOST_HELD = 50_000_000;
/** Draws behind the intervals of all labels' calibration errors; where they do not suffice, a label has none. */
const MOST_DRAWS = 200_000_000;

/** What an audit's own tables say, and where its scores are. */
export interface LabelledAudit {
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly storage: Storage;
  /** Of the model, in its order. */
  readonly labels: readonly string[];
  readonly signal?: AbortSignal;
}

export async function labelReport({ query, storage, labels, signal }: LabelledAudit): Promise<LabelMeasures> {
  const tally = tallyOf(await query(tallySql("results", "true")), labels);
  const pictures = (await query(
    "select truth, shard, map_row from results where correct is not null and seen is not null order by shard, map_row",
  )) as unknown as (HygienePicture & { readonly truth: string })[];
  const known = new Set(labels);
  const truths = pictures.map(({ truth }) => new Set(labelsOfText(truth, known)));
  const place = new Map(labels.map((label, index) => [label, index]));
  const block = Math.max(1, Math.floor(MOST_HELD / Math.max(1, pictures.length)));
  const mostDraws = Math.floor(MOST_DRAWS / Math.max(1, tally.labels.length));
  const measured: LabelMeasure[] = [];
  for (let from = 0; from < tally.labels.length; from += block) {
    const some = tally.labels.slice(from, from + block);
    const held = some.map(() => new Float64Array(pictures.length));
    let row = 0;
    for await (const scores of storedVectors(storage, pictures, "scores")) {
      throwIfAborted(signal);
      for (const [i, { label }] of some.entries()) held[i][row] = scores[place.get(label) as number];
      row += 1;
    }
    for (const [i, counts] of some.entries()) {
      const has = Float64Array.from(truths, (set) => Number(set.has(counts.label)));
      measured.push(measuresOf(counts, held[i], has, mostDraws));
    }
  }
  const found = measured.flatMap(({ averagePrecision: value }) => value ?? []);
  return {
    ...tally,
    labels: measured,
    meanAveragePrecision: found.length > 0 ? found.reduce((sum, value) => sum + value, 0) / found.length : null,
  };
}

function measuresOf(
  counts: LabelCounts,
  probabilities: Float64Array,
  has: Float64Array,
  mostDraws: number,
): LabelMeasure {
  const value = averagePrecision(probabilities, has);
  return {
    ...counts,
    averagePrecision: value,
    averagePrecisionInterval: wilsonInterval((value ?? 0) * counts.pictures, counts.pictures),
    calibration: calibrated(probabilities, has, mostDraws),
  };
}

function calibrated(probabilities: Float64Array, right: Float64Array, mostDraws: number): Omit<Calibration, "classes"> {
  const { classes, ...all } = calibrationOf(
    { probabilities, right, classes: new Float64Array(probabilities.length), labels: [""] },
    mostDraws,
  );
  return all;
}
