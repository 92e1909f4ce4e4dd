import assert from "node:assert/strict";
import { test } from "node:test";
import { caseOf } from "../../src/explain/cases.js";

const predictions = (...pairs: [string, number][]) =>
  pairs.map(([label, probability], index) => ({ index, label, probability }));

test("confidence and truth decide the case", () => {
  const sure = predictions(["tripod", 0.94], ["stage", 0.01]);
  assert.equal(caseOf(sure, "tripod"), "true positive, high confidence");
  assert.equal(caseOf(sure, "stage"), "false positive, high confidence");
  assert.equal(caseOf(sure), "confident, truth unknown");
  const unsure = predictions(["cup", 0.3], ["bowl", 0.05]);
  assert.equal(caseOf(unsure, "cup"), "true positive, low confidence");
  assert.equal(caseOf(unsure, "dog"), "false positive, low confidence");
  assert.equal(caseOf(unsure), "uncertain, truth unknown");
});

test("two classes of nearly equal probability are mixed, when one of them is right or the truth is unknown", () => {
  const torn = predictions(["tiger cat", 0.39], ["Egyptian cat", 0.36], ["tabby", 0.17]);
  assert.equal(caseOf(torn), "mixed predictions");
  assert.equal(caseOf(torn, "Egyptian cat"), "mixed predictions");
  assert.equal(caseOf(torn, ["tiger cat", "tabby"]), "mixed predictions");
});

test("a true class that is plausible but not first is missed", () => {
  const torn = predictions(["academic gown", 0.24], ["mortarboard", 0.21], ["military uniform", 0.18]);
  assert.equal(caseOf(torn, "military uniform"), "missed class");
  assert.equal(caseOf(torn, "military uniform", { plausible: 0.2 }), "false positive, low confidence");
});

test("thresholds move the borders", () => {
  const sure = predictions(["tripod", 0.6], ["stage", 0.1]);
  assert.equal(caseOf(sure, "tripod", { high: 0.7 }), "true positive, low confidence");
  assert.equal(caseOf(predictions(["a", 0.4], ["b", 0.25]), "a", { mixed: 0.5 }), "mixed predictions");
});
