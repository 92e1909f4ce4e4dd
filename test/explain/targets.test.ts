import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveTargets, targetsOfText } from "../../src/explain/targets.js";
import { classIndexOf } from "../../src/model/class-index.js";
import type { Target } from "../../src/model/types.js";

const modelOf = (labels: readonly string[]) => ({
  labels,
  classIndex: (target: Target) => classIndexOf(target, labels, labels.length),
});
const resolve = (labels: readonly string[], targets: Target | Target[] | undefined, probabilities: number[]) =>
  resolveTargets(modelOf(labels), targets, Float32Array.from(probabilities));

describe("resolveTargets", () => {
  const birds = ["crane", "heron", "crane", "Crane", "kite"];
  const scores = [0.1, 0.2, 0.5, 0.1, 0.1];

  it("explains the predicted class, by its index, whatever its name", () => {
    assert.deepEqual(resolve(birds, undefined, scores), [2]);
    assert.deepEqual(resolve(birds, "top:2", scores), [2, 1]);
  });

  it("refuses a name that several classes have, and names their indices", () => {
    assert.throws(() => resolve(birds, "crane", scores), {
      code: "ambiguous-label",
      message: "2 classes are called 'crane': expected one of the indices 0, 2",
    });
    assert.throws(() => resolve(birds, ["heron", "crane"], scores), { code: "ambiguous-label" });
    assert.throws(() => resolve(birds, "CRANE", scores), /3 classes are called 'CRANE': expected one of .* 0, 2, 3/);
    assert.deepEqual(resolve(birds, "Crane", scores), [3]);
    assert.deepEqual(resolve(birds, "KITE", scores), [4]);
    assert.deepEqual(resolve(birds, 0, scores), [0]);
  });

  it("takes no top of nothing", () => {
    for (const none of ["top:0", "top:00"]) {
      assert.throws(() => resolve(birds, none, scores), { code: "bad-config", message: /expected 'top:1' or more/ });
    }
    assert.deepEqual(resolve(birds, "top:99", scores), [2, 1, 0, 3, 4]);
  });

  it("says how an index is written", () => {
    assert.throws(() => resolve(birds, "3", scores), /unknown label '3': an index is a number: 3, without quotes/);
  });

  it("does not choose between a label and a word with a meaning", () => {
    assert.throws(() => resolve(["none", "all"], "all", [0.5, 0.5]), {
      code: "ambiguous-label",
      message: /the index 1; -1 stands for all classes/,
    });
    assert.deepEqual(resolve(["none", "all"], -1, [0.5, 0.5]), [0, 1]);
  });
});

describe("targetsOfText", () => {
  const read = (text: string, labels: readonly string[]) => targetsOfText(text, labels);

  it("reads labels, indices and words", () => {
    const labels = ["cat", "dog", "tiger cat"];
    assert.deepEqual(read("tiger cat, 1,top:2", labels), ["tiger cat", 1, "top:2"]);
    assert.deepEqual(read("all", labels), ["all"]);
    assert.deepEqual(read("-1", labels), [-1]);
    assert.deepEqual(read("cta", labels), ["cta"]);
  });

  it("keeps the commas of labels", () => {
    const labels = ["notebook, notebook computer", "computer", "notebook"];
    assert.deepEqual(read("notebook, notebook computer", labels), ["notebook, notebook computer"]);
    assert.deepEqual(read("computer,notebook, notebook computer", labels), ["computer", "notebook, notebook computer"]);
    assert.deepEqual(read("notebook,computer", labels), ["notebook", "computer"]);
    assert.deepEqual(read("Notebook, Notebook Computer,1", labels), ["Notebook, Notebook Computer", 1]);
  });

  it("does not choose between a label and an index that disagree", () => {
    const labels = ["1", "10", "2"];
    assert.throws(() => read("1", labels), {
      code: "ambiguous-label",
      message:
        "'1' is the label of class 0 and the index of another: expected label:1 for class 0, or index:1 for '10'",
    });
    assert.throws(() => read("2", ["1", "2", "3"]), { code: "ambiguous-label" });
    assert.deepEqual(read("label:1", labels), ["1"]);
    assert.deepEqual(read("index:1", labels), [1]);
    assert.deepEqual(read("10", labels), ["10"]);
    assert.deepEqual(read("2", labels), [2]);
    assert.deepEqual(read("0,1,2", ["0", "1", "2"]), [0, 1, 2]);
    assert.deepEqual(read("label:1,index:0", labels), ["1", 0]);
  });
});
