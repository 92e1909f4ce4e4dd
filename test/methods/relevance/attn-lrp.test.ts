import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pearson } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import type { Model } from "../../../src/model/types.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const CLASS = 2;
const CELLS = 24 * 24;
let model: Model;
let x: Tensor;
let expected: Float32Array;

before(async () => {
  const arrays = await readNpz(fixture("relevance/attention.npz"));
  x = toTensor(arrays.get("x"));
  const { data } = toTensor(arrays.get("attn"));
  expected = Float32Array.from({ length: CELLS }, (_, p) => data[p] + data[CELLS + p] + data[2 * CELLS + p]);
  model = await loadModel(fixture("relevance/attention.onnx"), { preprocess: { size: 24 } });
});
after(() => model.close());

test("by the epsilon rule it is LXT's, pixel by pixel, in one backward pass", async () => {
  const found = await explain(model, x, { method: "attn-lrp", gamma: 0, epsilon: 1e-8, targets: CLASS });
  assert.ok(pearson(found.map(CLASS).data, expected) > 0.99999);
  assert.deepEqual([found.map(CLASS).width, found.provenance.backwardPasses], [24, 1]);
});

test("gamma changes the layers with weights", async () => {
  const found = await explain(model, x, { method: "attn-lrp", targets: CLASS });
  const tiny = await explain(model, x, { method: "attn-lrp", gamma: 1e-6, epsilon: 1e-8, targets: CLASS });
  assert.ok(pearson(found.map(CLASS).data, expected) < 0.999);
  assert.ok(pearson(tiny.map(CLASS).data, expected) > 0.999);
});

test("a network without attention is sent to lrp", async () => {
  await using resnet = await loadModel(fixture("relevance/residual.onnx"), { preprocess: { size: 24 } });
  await assert.rejects(explain(resnet, x, { method: "attn-lrp" }), /no attention matrices were found.*lrp/s);
});
