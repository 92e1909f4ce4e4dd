import { wilsonInterval } from "../../core/wilson.js";
import { denial } from "../../model/ranking.js";
import { percent, plural } from "../../render/format.js";
import { type Finding, finding } from "../findings.js";
import type { Storage } from "../shards/storage.js";
import { labelQuality } from "./confident-learning.js";
import { FEWEST_OF_CLASS, type LabelledPicture, validatedProbabilities } from "./held-out-labels.js";
import { findSetErrors } from "./independent-labels.js";
import type { LabelColumns, LabelReport } from "./label-report.js";
import { storedVectors } from "./stored-vectors.js";
import type { HygienePicture } from "./types.js";

export interface LabelErrorOptions {
  /** Whether the model has learned from the pictures; by default it has from those of a split called `train`. */
  readonly trained?: boolean;
  readonly seed: number;
  /** Whether the labels are independent: each is judged for itself. */
  readonly independent?: boolean;
  readonly signal?: AbortSignal;
}

/** Fewer labelled pictures say nothing about labels. */
const FEWEST = 40;
/** Probabilities that are right less often say nothing either. */
const LEAST_ACCURACY = 0.5;
const TRAINED_ON = /(^|[^a-z])train(ing)?([^a-z]|$)/i;

/**
 * Labels that are likely to be wrong, by confident learning: on the model's own probabilities of pictures that it has not
 * learned from, and of the others on those of a logistic regression on the model's features, cross-validated.
 * @param labels of the model
 */
export async function findLabelErrors(
  pictures: readonly HygienePicture[],
  labels: readonly string[],
  storage: Storage,
  options: LabelErrorOptions,
): Promise<LabelReport> {
  const learnedFrom = ({ split }: HygienePicture) => options.trained ?? (split !== null && TRAINED_ON.test(split));
  if (options.independent) return findSetErrors(pictures, labels, storage, learnedFrom);
  const names = labels.length === 1 ? [denial(labels[0]), labels[0]] : labels;
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const labelled = pictures.flatMap((picture): LabelledPicture[] => {
    const index = picture.truth === null ? undefined : indexOf.get(picture.truth);
    return index === undefined ? [] : [{ picture, index }];
  });
  const learned = ({ picture }: LabelledPicture) => learnedFrom(picture);
  const [unseen, seen] = [labelled.filter((one) => !learned(one)), labelled.filter(learned)];
  const parts: Judgement[] = [];
  if (unseen.length > 0 || seen.length === 0) parts.push(await byModel(unseen, names, storage));
  if (seen.length > 0) parts.push(await byFeatures(seen, names, storage, options));
  const judged = parts.flatMap((part) => part.judged);
  return {
    columns: new Map(judged.map(({ picture, ...columns }) => [picture, columns])),
    search: {
      of: "label-errors",
      looked: judged.length > 0,
      note: parts.map(({ note }) => note).join("; "),
    },
    findings: judged.some((one) => one.label_issue) ? [labelFinding(parts)] : [],
  };
}

type JudgedLabel = LabelColumns & {
  readonly picture: HygienePicture;
  readonly label_quality: number;
  readonly label_issue: boolean;
};

/** What is said of some of the pictures, and how it was found out or why it was not. */
interface Judgement {
  readonly judged: readonly JudgedLabel[];
  readonly note: string;
  /** How often the probabilities agree with the labels. */
  readonly right: number;
  readonly by: "the model's probabilities" | "cross-validation on its features";
}

async function byModel(
  pictures: readonly LabelledPicture[],
  names: readonly string[],
  storage: Storage,
): Promise<Judgement> {
  const by = "the model's probabilities";
  const nothing = (note: string): Judgement => ({ judged: [], note, right: 0, by });
  if (pictures.length < FEWEST) {
    return nothing(
      `${plural(pictures.length, "labelled picture")} that the model has not learned from, and it begins at ${FEWEST}`,
    );
  }
  const rows = () => modelScores(storage, pictures);
  const { judged, right } = await judge(pictures, names, rows);
  if (right < LEAST_ACCURACY) return nothing(`the model is right in ${percent(right)} of the labelled pictures alone`);
  const how = `confident learning on the model's probabilities of ${plural(pictures.length, "picture")}, taken as ones that it has not learned from`;
  return { judged, note: how, right, by };
}

async function byFeatures(
  pictures: readonly LabelledPicture[],
  names: readonly string[],
  storage: Storage,
  options: LabelErrorOptions,
): Promise<Judgement> {
  const by = "cross-validation on its features";
  const nothing = (note: string): Judgement => ({ judged: [], note, right: 0, by });
  if (pictures.length < FEWEST) {
    return nothing(
      `${plural(pictures.length, "labelled picture")} that the model was trained on, and it begins at ${FEWEST}`,
    );
  }
  const validated = await validatedProbabilities(pictures, storage, options);
  if (typeof validated === "string") return nothing(validated);
  const { classes, kept, fitted, folds, rows } = validated;
  const own = classes.map((index) => names[index]);
  const { judged, right } = await judge(kept, own, rows);
  if (right < LEAST_ACCURACY) {
    return nothing(
      `the model's features tell the labels of ${percent(right)} of the pictures alone that it was trained on`,
    );
  }
  const rare = pictures.length - kept.length;
  const left =
    rare > 0 ? `; ${plural(rare, "picture")} of classes with fewer than ${FEWEST_OF_CLASS} are left out` : "";
  const some = fitted < kept.length ? ` of ${fitted} of them` : "";
  const how = `confident learning on ${plural(kept.length, "picture")} that the model was trained on, by a logistic regression on its features${some}, ${folds} folds held out in turn: wrong labels that the features have learned may be missed${left}`;
  return { judged, note: how, right, by };
}

/** @param names of the classes, in the order of the probabilities */
async function judge(
  pictures: readonly LabelledPicture[],
  names: readonly string[],
  rows: () => AsyncIterable<Float32Array>,
): Promise<{ judged: JudgedLabel[]; right: number }> {
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const given = Int32Array.from(pictures, ({ picture }) => indexOf.get(picture.truth as string) as number);
  const { quality, suggested } = await labelQuality({ classes: names.length, labels: given, rows });
  const judged = pictures.map(({ picture }, i) => ({
    picture,
    label_quality: quality[i],
    label_issue: suggested[i] >= 0,
    suggested_label: suggested[i] >= 0 ? names[suggested[i]] : null,
  }));
  return { judged, right: await accuracy(rows(), given) };
}

function labelFinding(parts: readonly Judgement[]): Finding {
  const judged = parts.flatMap((part) => part.judged);
  const wrong = judged
    .filter((one) => one.label_issue)
    .sort((a, b) => a.label_quality - b.label_quality || (a.picture.path < b.picture.path ? -1 : 1));
  const share = wrong.length / judged.length;
  const told = parts.filter((part) => part.judged.length > 0);
  const validated = told.some(({ by }) => by === "cross-validation on its features");
  const how = validated ? `, ${told.length > 1 ? "in part " : ""}by cross-validation on the model's features` : "";
  return finding({
    kind: "label-errors",
    label: null,
    claim: `${plural(wrong.length, "label is", "labels are")} likely to be wrong (${percent(share)} of ${plural(judged.length, "picture")}${how})`,
    effect: {
      what: "labelled pictures that are confidently of another class",
      value: share,
      interval: wilsonInterval(wrong.length, judged.length),
    },
    null: { what: "labels, were all of them right", value: 0, interval: [0, 0] },
    q: null,
    evidence: Object.fromEntries(
      told.flatMap(({ by, right, judged: own }) => [
        [`judged by ${by}`, own.length],
        [`agreement of ${by} with the labels`, right],
      ]),
    ),
    pictures: wrong.map(({ picture }) => picture.path),
  });
}

/** A model of one class says two things. */
async function* modelScores(storage: Storage, pictures: readonly LabelledPicture[]): AsyncGenerator<Float32Array> {
  for await (const scores of storedVectors(
    storage,
    pictures.map(({ picture }) => picture),
    "scores",
  )) {
    yield scores.length === 1 ? Float32Array.of(1 - scores[0], scores[0]) : scores;
  }
}

async function accuracy(rows: AsyncIterable<Float32Array>, labels: Int32Array): Promise<number> {
  let [row, right] = [0, 0];
  for await (const scores of rows) if (scores.indexOf(Math.max(...scores)) === labels[row++]) right += 1;
  return right / labels.length;
}
