import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { toProbabilities } from "../../src/model/scores.js";
import { Graph } from "../../src/onnx/graph.js";
import { savedModel } from "../support/models.js";

const scores = (...data: number[]) => ({ data: Float32Array.from(data), dims: [data.length / 2, 2] });

test("NaN and infinite probabilities are an error that names the class", () => {
  for (const how of ["softmax", "sigmoid", "as given"] as const) {
    assert.throws(() => toProbabilities(scores(1, 2, 3, Number.NaN), how), {
      code: "not-finite",
      message: new RegExp(`probability of class ${how === "softmax" ? 0 : 1} is NaN`),
    });
  }
  assert.throws(() => toProbabilities(scores(Number.POSITIVE_INFINITY, 1), "softmax"), { code: "not-finite" });
  assert.throws(() => toProbabilities(scores(Number.POSITIVE_INFINITY, 1), "as given"), { code: "not-finite" });
});

test("a logit of −∞ is a probability of 0", () => {
  assert.deepEqual([...toProbabilities(scores(Number.NEGATIVE_INFINITY, 1), "softmax").data], [0, 1]);
  assert.deepEqual([...toProbabilities(scores(Number.NEGATIVE_INFINITY, 0), "sigmoid").data], [0, 0.5]);
});

test("a model that gives NaN on a picture says so when it predicts or explains", async () => {
  const graph = Graph.empty("roots", 17);
  graph.addInput("image", ["n", 3, 8, 8]);
  const mean = graph.op("ReduceMean", ["image"], { axes: [2, 3], keepdims: 0 });
  graph.addNode("Sqrt", [mean], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  await using model = await loadModel(savedModel(graph), { preprocess: { mean: 0.5, std: 1 } });
  const plain = (value: number) => ({ data: new Uint8Array(8 * 8 * 3).fill(value), width: 8, height: 8 });
  assert.equal((await model.predict(plain(255))).length, 3);
  await assert.rejects(model.predict(plain(0)), { code: "not-finite", message: /the model answers with NaN/ });
  for (const method of ["rise", "gradient", "occlusion"] as const) {
    await assert.rejects(explain(model, plain(0), { method }), { code: "not-finite" });
  }
});
