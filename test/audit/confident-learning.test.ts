import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { labelQuality } from "../../src/audit/hygiene/confident-learning.js";
import { setQuality } from "../../src/audit/hygiene/independent-labels.js";
import { runSync } from "../../src/core/cooperative.js";
import { coordinatesOf } from "../../src/core/logistic/coordinates.js";
import { heldOutFits } from "../../src/core/logistic/cross-validation.js";
import { type Rows, scoresOf, softmaxLoss } from "../../src/core/logistic/regression.js";
import { fixture } from "../support/fixtures.js";
import { averagePrecision } from "./average-precision.js";

interface Case {
  readonly noise: string;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly truths: readonly number[];
  /** Features in hundredths, row by row. */
  readonly features: readonly number[];
  /** Probabilities in thousandths, row by row. */
  readonly scores: readonly number[];
  readonly issues: readonly number[];
  readonly averagePrecision: number;
}

const judged = ({ classes, labels, scores }: Pick<Case, "classes" | "labels" | "scores">) =>
  labelQuality({
    classes,
    labels: Int32Array.from(labels),
    async *rows() {
      for (let i = 0; i < labels.length; i++) {
        yield Float32Array.from(scores.slice(i * classes, (i + 1) * classes), (value) => value / 1000);
      }
    },
  });

/** [rows][classes] by the models that have not seen them. */
function heldOut(rows: Rows): { probabilities: Float64Array[]; folds: number } {
  const { fits, foldOf } = runSync(heldOutFits(rows, 0));
  const probabilities = Array.from(foldOf, (fold, row) => {
    const scores = scoresOf(fits[fold], rows, row);
    softmaxLoss(scores, 0);
    return scores;
  });
  return { probabilities, folds: fits.length };
}

const cases: readonly Case[] = JSON.parse(await readFile(fixture("audit/label_errors.json"), "utf8"));

for (const one of cases) {
  test(`${one.noise}: the issues and the ranking are cleanlab's`, async () => {
    const { quality, suggested, issues } = await judged(one);
    const found = [...suggested.keys()].filter((i) => suggested[i] >= 0);
    assert.deepEqual(found, one.issues);
    assert.equal(issues, found.length);
    const wrong = one.labels.map((label, i) => label !== one.truths[i]);
    const own = averagePrecision(quality, wrong);
    assert.ok(own >= one.averagePrecision - 1e-6, `average precision ${own}, cleanlab's ${one.averagePrecision}`);
    for (const i of found) assert.notEqual(suggested[i], one.labels[i]);
  });
}

test("cross-validated on features, the ranking is no worse than cleanlab's on the same features", () => {
  const gains = cases.map(({ labels, truths, classes, features, averagePrecision: theirs }) => {
    const width = features.length / labels.length;
    const rows = labels.map((_, i) => Float32Array.from(features.slice(i * width, (i + 1) * width)));
    const coordinates = coordinatesOf(rows);
    const own = {
      data: coordinates.data,
      features: coordinates.width,
      classes: Int32Array.from(labels),
      count: classes,
    };
    const { probabilities, folds } = heldOut(own);
    assert.equal(folds, 5);
    const quality = Float64Array.from(labels, (label, i) => probabilities[i][label]);
    const wrong = labels.map((label, i) => label !== truths[i]);
    return averagePrecision(quality, wrong) - theirs;
  });
  for (const [i, gain] of gains.entries()) {
    assert.ok(gain > -0.05, `${cases[i].noise}: ${gain.toFixed(3)} beside cleanlab's ${cases[i].averagePrecision}`);
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  assert.ok(mean >= 0, `on average it is ${-mean} below cleanlab's`);
});

test("held-out probabilities are the same again, and those of each row sum to 1", () => {
  const [{ labels, classes, features }] = cases;
  const width = features.length / labels.length;
  const rows = labels.map((_, i) => Float32Array.from(features.slice(i * width, (i + 1) * width)));
  const { data, width: own } = coordinatesOf(rows);
  const said = (given: readonly number[]) =>
    heldOut({ data, features: own, classes: Int32Array.from(given), count: classes }).probabilities;
  const before = said(labels);
  assert.deepEqual(said(labels), before, "the same bytes again");
  for (const row of before) assert.ok(Math.abs(row.reduce((total, value) => total + value, 0) - 1) < 1e-9);
});

test("a class that nothing is labelled as is never suggested, and labels that all agree are no issues", async () => {
  const scores = [900, 50, 50, 50, 900, 50, 100, 0, 900, 800, 150, 50];
  const { suggested, quality } = await judged({ classes: 3, labels: [0, 1, 0, 0], scores });
  assert.deepEqual([...suggested], [-1, -1, -1, -1]);
  assert.ok(Math.abs(quality[2] - 0.1) < 1e-6);
});

interface Sets {
  readonly labels: number;
  /** Labels that each row is said to have, and those that it has. */
  readonly sets: readonly (readonly number[])[];
  readonly truths: readonly (readonly number[])[];
  /** Probabilities in thousandths, row by row. */
  readonly scores: readonly number[];
  /** Rows that are issues, label by label. */
  readonly issues: readonly (readonly number[])[];
}

describe("independent labels", async () => {
  const stored: Sets = JSON.parse(await readFile(fixture("audit/set_errors.json"), "utf8"));
  const judgedSets = (sets: readonly (readonly number[])[], scores = stored.scores) =>
    setQuality({
      labels: stored.labels,
      sets: sets.map((set) => new Set(set)),
      async *rows() {
        for (let i = 0; i < sets.length; i++) {
          const row = scores.slice(i * stored.labels, (i + 1) * stored.labels);
          yield Float32Array.from(row, (value) => value / 1000);
        }
      },
    });

  test("are issues label by label, as cleanlab's are", async () => {
    const { judged, wrong } = await judgedSets(stored.sets);
    assert.deepEqual(judged, [0, 1, 2]);
    for (const [label, expected] of stored.issues.entries()) {
      const found = wrong.flatMap((labels, row) => (labels.includes(label) ? [row] : []));
      assert.deepEqual(found, expected, `label ${label}`);
    }
  });

  test("are believed as far as the least believable of a picture, and wrong ones rank first", async () => {
    const { quality } = await judgedSets(stored.sets);
    const row = 17;
    const said = Array.from({ length: stored.labels }, (_, k) => {
      const probability = stored.scores[row * stored.labels + k] / 1000;
      return stored.sets[row].includes(k) ? probability : 1 - probability;
    });
    assert.ok(Math.abs(quality[row] - Math.min(...said)) < 1e-6);
    const planted = stored.sets.map((set, i) => set.join() !== stored.truths[i].join());
    assert.ok(averagePrecision(quality, planted) > 0.8);
  });

  test("that the model does not find, and that hardly any picture has, are not judged", async () => {
    const flat = stored.scores.map((score, i) => (i % stored.labels === 1 ? 100 : score));
    const rare = stored.sets.map((set, i) => set.filter((label) => label !== 2 || i < 4));
    assert.deepEqual((await judgedSets(rare, flat)).judged, [0]);
  });
});
