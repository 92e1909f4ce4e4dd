import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answers, calibrationOf } from "../../src/audit/measures/calibration.js";
import { confusionOf } from "../../src/audit/measures/confusion.js";
import { random } from "../../src/core/random.js";

const answers = (list: readonly (readonly [probability: number, right: number, index?: number])[]): Answers => ({
  probabilities: Float64Array.from(list, ([probability]) => probability),
  right: Float64Array.from(list, ([, right]) => right),
  classes: Float64Array.from(list, ([, , index = 0]) => index),
  labels: ["boat", "cup"],
});

const near = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

test("the calibration error is the mean distance of confidence and accuracy, by bin", () => {
  // two in the bin above 14/15, of which one is right; one in the bin up to 8/15, right
  const { ece, bins, confidence, accuracy, classes } = calibrationOf(
    answers([
      [0.96, 1],
      [0.98, 0],
      [0.5, 1, 1],
    ]),
  );
  near(ece, (2 / 3) * Math.abs(0.97 - 0.5) + (1 / 3) * Math.abs(0.5 - 1));
  near(confidence, (0.96 + 0.98 + 0.5) / 3);
  near(accuracy, 2 / 3);
  assert.deepEqual(
    bins.map(({ pictures }) => pictures),
    [1, 2],
  );
  near(bins[1].confidence, 0.97);
  near(bins[1].accuracy, 0.5);
  assert.deepEqual(
    classes.map(({ prediction, pictures }) => [prediction, pictures]),
    [
      ["boat", 2],
      ["cup", 1],
    ],
  );
  near(classes[0].ece, 0.47);
  near(classes[1].ece, 0.5);
});

test("a bin holds what is above its lower end up to its upper end, 0 and 1 included", () => {
  const { bins } = calibrationOf(
    answers([
      [0, 0],
      [1 / 15, 0],
      [1 / 15 + 1e-9, 0],
      [1, 1],
    ]),
  );
  assert.deepEqual(
    bins.map(({ from, pictures }) => [Math.round(15 * from), pictures]),
    [
      [0, 2],
      [1, 1],
      [14, 1],
    ],
  );
});

test("answers that are right as often as they are confident have no error beyond chance, and its interval says so", () => {
  const source = random(3);
  const calibrated = Array.from({ length: 4000 }, () => {
    const probability = 0.3 + 0.7 * source.uniform();
    return [probability, source.uniform() < probability ? 1 : 0] as const;
  });
  const { ece, eceInterval } = calibrationOf(answers(calibrated));
  assert.ok(Number(ece) < 0.03, String(ece));
  const sure = calibrationOf(answers(calibrated.map(([, right]) => [0.99, right])));
  assert.ok(Number(sure.eceInterval?.[0]) > Number(eceInterval?.[1]), "overconfidence is told from chance");
  assert.ok(Number(sure.eceInterval?.[0]) < Number(sure.ece) && Number(sure.ece) < Number(sure.eceInterval?.[1]));
  assert.deepEqual(calibrationOf(answers(calibrated)), calibrationOf(answers(calibrated)));
  const [own, others] = [calibrationOf(answers(calibrated)), sure].map(({ eceNull }) => Number(eceNull));
  assert.ok(own > 0 && own < Number(sure.ece) / 2, "what few pictures leave of an error is no error");
  assert.ok(others < own, "answers of .99 are nearly certain: little is left to chance");
});

test("without a picture nothing is measured", () => {
  const { pictures, ece, eceInterval, eceNull, bins, classes } = calibrationOf(answers([]));
  assert.deepEqual(
    { pictures, ece, eceInterval, eceNull, bins },
    { pictures: 0, ece: null, eceInterval: null, eceNull: null, bins: [] },
  );
  assert.deepEqual(
    classes.map(({ ece: own }) => own),
    [null, null],
  );
});

test("several right labels are one group, and a label with a bar of its own is not", () => {
  const rows = [
    { truth: "cat|dog", prediction: "dog", correct: true, pictures: 3 },
    { truth: "cat|dog", prediction: "a|b", correct: false, pictures: 1 },
    { truth: "a|b", prediction: "a|b", correct: true, pictures: 2 },
  ];
  const { all, classes, cells } = confusionOf(rows);
  assert.deepEqual([all.known, all.right], [6, 5]);
  near(all.rate, 5 / 6);
  assert.deepEqual(
    classes.map(({ truth, group, right, known }) => [truth, group, right, known]),
    [
      ["cat|dog", true, 3, 4],
      ["a|b", false, 2, 2],
    ],
  );
  assert.ok(classes[0].interval[0] < 0.75 && classes[0].interval[1] > 0.75);
  assert.equal(cells.length, 3);
  assert.deepEqual(confusionOf([]), {
    all: { known: 0, right: 0, rate: null, interval: [0, 1] },
    classes: [],
    cells: [],
  });
});
