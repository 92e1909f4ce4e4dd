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
  await assert.rejects(explain(resnet, x, { method: "attn-lrp" }), /no attention was found.*lrp/s);
});

test("attention within windows, which no matrix between all tokens stands for, hands relevance down as well", async () => {
  const two = toTensor((await readNpz(fixture("gradients/windows.npz"))).get("x"));
  const picture = { data: two.data.slice(0, 3 * 32 * 32), dims: [1, 3, 32, 32] };
  await using windows = await loadModel(fixture("gradients/windows.legacy.onnx"));
  assert.deepEqual(windows.info.attentions, []);
  const found = await explain(windows, picture, { method: "attn-lrp", targets: CLASS });
  const rules = await explain(windows, picture, { method: "lrp", composite: "epsilon", targets: CLASS });
  assert.ok(found.map(CLASS).data.some((value) => value !== 0));
  assert.ok(pearson(found.map(CLASS).data, rules.map(CLASS).data) > 0.5);
  await assert.rejects(explain(windows, picture, { method: "attention-rollout" }), /between all tokens/);
});
