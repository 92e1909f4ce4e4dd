import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { labelQuality } from "../../src/audit/hygiene/confident-learning.js";
import { fixture } from "../support/fixtures.js";

interface Case {
  readonly noise: string;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly truths: readonly number[];
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

/** Mean of the precision at each wrong label, the least believable label first, equal ones together as scikit-learn has it. */
function averagePrecision(quality: Float64Array, wrong: readonly boolean[]): number {
  const precisions = [...quality].flatMap((limit, i) => {
    if (!wrong[i]) return [];
    const above = [...quality.keys()].filter((j) => quality[j] <= limit);
    return [above.filter((j) => wrong[j]).length / above.length];
  });
  return precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
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

test("a class that nothing is labelled as is never suggested, and labels that all agree are no issues", async () => {
  const scores = [900, 50, 50, 50, 900, 50, 100, 0, 900, 800, 150, 50];
  const { suggested, quality } = await judged({ classes: 3, labels: [0, 1, 0, 0], scores });
  assert.deepEqual([...suggested], [-1, -1, -1, -1]);
  assert.ok(Math.abs(quality[2] - 0.1) < 1e-6);
});
