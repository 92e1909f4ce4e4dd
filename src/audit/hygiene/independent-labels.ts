import { wilsonInterval } from "../../core/wilson.js";
import { percent, plural } from "../../render/format.js";
import { type Finding, finding } from "../findings.js";
import { labelSetText, labelsOfText } from "../labels/label-set.js";
import type { Storage } from "../shards/storage.js";
import { ROUNDING } from "./confident-learning.js";
import { FEWEST_OF_CLASS } from "./held-out-labels.js";
import type { LabelColumns, LabelReport } from "./label-report.js";
import { storedVectors } from "./stored-vectors.js";
import type { HygienePicture } from "./types.js";

/** Fewer labelled pictures say nothing about labels. */
const FEWEST = 40;
/** A label that is found no better than this (F1 at .5) cannot be judged by its own probabilities. */
const LEAST_FOUND = 0.5;

/** Which independent labels each row has, and how probable each label is there. */
export interface LabelledSets {
  readonly labels: number;
  /** Indices of the labels that a row has. */
  readonly sets: readonly ReadonlySet<number>[];
  /** Probabilities of a row, [labels]; asked for row by row, in order, more than once. */
  rows(): AsyncIterable<Float32Array>;
}

/** What confident learning says of one label of a row. */
export interface SetQuality {
  /** Indices of the labels that are judged: the others are too rare, too common, or not found by the model. */
  readonly judged: readonly number[];
  /** Of each row, how probable what is said of the least believable of its judged labels is. */
  readonly quality: Float64Array;
  /** Of each row, the labels of which the opposite is confidently so. */
  readonly wrong: readonly (readonly number[])[];
}

/**
 * Confident learning label by label: whether a picture has a label is a question with two answers, judged as if it were alone
 * (cleanlab's `multilabel_classification.filter.find_multilabel_issues_per_class` with `filter_by="confident_learning"`; Thyagarajan
 * et al., Identifying Incorrect Annotations in Multi-Label Classification Data, 2022).
 */
export async function setQuality({ labels, sets, rows }: LabelledSets): Promise<SetQuality> {
  const zeros = () => new Float64Array(labels);
  const [has, sums, lacks, others, hits, alarms] = [zeros(), zeros(), zeros(), zeros(), zeros(), zeros()];
  let row = 0;
  for await (const scores of rows()) {
    const set = sets[row++];
    for (let k = 0; k < labels; k++) {
      const [count, sum, tally] = set.has(k) ? [has, sums, hits] : [lacks, others, alarms];
      count[k] += 1;
      sum[k] += set.has(k) ? scores[k] : 1 - scores[k];
      tally[k] += Number(scores[k] >= 0.5);
    }
  }
  const found = (k: number) => (2 * hits[k]) / (has[k] + hits[k] + alarms[k]);
  const judged = Array.from({ length: labels }, (_, k) => k).filter(
    (k) => Math.min(has[k], lacks[k]) >= FEWEST_OF_CLASS && found(k) >= LEAST_FOUND,
  );
  const quality = new Float64Array(sets.length).fill(1);
  const wrong: number[][] = [];
  for await (const scores of rows()) {
    const at = wrong.length;
    const issues: number[] = [];
    for (const k of judged) {
      const [yes, no] = [scores[k], 1 - scores[k]];
      const own = sets[at].has(k) ? yes : no;
      const other = sets[at].has(k) ? no : yes;
      const bar = sets[at].has(k) ? others[k] / lacks[k] : sums[k] / has[k];
      const ownBar = sets[at].has(k) ? sums[k] / has[k] : others[k] / lacks[k];
      quality[at] = Math.min(quality[at], own);
      const confident = other >= bar - ROUNDING && (own < ownBar - ROUNDING || other > own);
      if (confident) issues.push(k);
    }
    wrong.push(issues);
  }
  return { judged, quality, wrong };
}

/** Pictures of independent labels of which one is likely to be missing or too many, by the model's own probabilities. */
export async function findSetErrors(
  pictures: readonly HygienePicture[],
  labels: readonly string[],
  storage: Storage,
  learned: (picture: HygienePicture) => boolean,
): Promise<LabelReport> {
  const nothing = (note: string): LabelReport => ({
    columns: new Map(),
    search: { of: "label-errors", looked: false, note },
    findings: [],
  });
  const labelled = pictures.filter(({ truth }) => truth !== null);
  const unseen = labelled.filter((picture) => !learned(picture));
  const left = labelled.length - unseen.length;
  const trained = left > 0 ? `; ${plural(left, "picture")} that the model was trained on are left out` : "";
  if (unseen.length < FEWEST) {
    const counted = plural(unseen.length, "labelled picture");
    return nothing(`${counted} that the model has not learned from, and it begins at ${FEWEST}${trained}`);
  }
  const [known, place] = [new Set(labels), new Map(labels.map((label, index) => [label, index]))];
  const sets = unseen.map(
    ({ truth }) => new Set(labelsOfText(truth as string, known).map((label) => place.get(label) as number)),
  );
  const rows = () => storedVectors(storage, unseen, "scores");
  const { judged, quality, wrong } = await setQuality({ labels: labels.length, sets, rows });
  if (judged.length === 0) {
    return nothing(
      `no label is found well enough to be judged: ${FEWEST_OF_CLASS} pictures with it and without, and an F1 of ${LEAST_FOUND} at .5${trained}`,
    );
  }
  const columns = new Map(
    unseen.map((picture, i): [HygienePicture, LabelColumns] => {
      const label_issue = wrong[i].length > 0;
      const suggested = new Set(sets[i]);
      for (const k of wrong[i]) suggested.has(k) ? suggested.delete(k) : suggested.add(k);
      const text = labelSetText(
        [...suggested].map((k) => labels[k]),
        labels,
      );
      return [picture, { label_quality: quality[i], label_issue, suggested_label: label_issue ? text : null }];
    }),
  );
  const few = labels.length - judged.length;
  const notJudged =
    few > 0 ? `; ${plural(few, "label")} that the model hardly finds, or that hardly varies, are not judged` : "";
  const how = `confident learning label by label, on the model's probabilities of ${plural(unseen.length, "picture")}, taken as ones that it has not learned from${notJudged}${trained}`;
  const count = wrong.reduce((sum, issues) => sum + issues.length, 0);
  return {
    columns,
    search: { of: "label-errors", looked: true, note: how },
    findings: count > 0 ? [setFinding(unseen, { quality, wrong, sets, count, of: judged.length })] : [],
  };
}

function setFinding(
  pictures: readonly HygienePicture[],
  {
    quality,
    wrong,
    sets,
    count,
    of,
  }: Pick<SetQuality, "quality" | "wrong"> & Pick<LabelledSets, "sets"> & { count: number; of: number },
): Finding {
  const rows = pictures
    .map((picture, i) => ({ path: picture.path, quality: quality[i], issues: wrong[i] }))
    .filter(({ issues }) => issues.length > 0)
    .sort((a, b) => a.quality - b.quality || (a.path < b.path ? -1 : 1));
  const all = pictures.length * of;
  const tooMany = wrong.reduce((sum, issues, i) => sum + issues.filter((k) => sets[i].has(k)).length, 0);
  return finding({
    kind: "label-errors",
    label: null,
    claim: `${plural(rows.length, "picture has", "pictures have")} a label that is likely to be wrong: ${count - tooMany} missing, ${tooMany} too many (${percent(count / all)} of ${plural(all, "label")}, given or not, of ${plural(pictures.length, "picture")})`,
    effect: {
      what: "labels, given or not, of which the opposite is confidently so",
      value: count / all,
      interval: wilsonInterval(count, all),
    },
    null: { what: "labels, were all of them right", value: 0, interval: [0, 0] },
    q: null,
    evidence: {
      "labels judged": of,
      "pictures judged": pictures.length,
      missing: count - tooMany,
      "too many": tooMany,
    },
    pictures: rows.map(({ path }) => path),
  });
}
