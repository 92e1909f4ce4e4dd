import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pearson, sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import type { CompositeName } from "../../../src/model/relevance.js";
import type { Model } from "../../../src/model/types.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const CLASS = 2;
const CELLS = 24 * 24;
let model: Model;
let x: Tensor;
let arrays: Awaited<ReturnType<typeof readNpz>>;

before(async () => {
  arrays = await readNpz(fixture("relevance/residual.npz"));
  x = toTensor(arrays.get("x"));
  model = await loadModel(fixture("relevance/residual.onnx"), { preprocess: { size: 24, mean: 0.5, std: 0.25 } });
});
after(() => model.close());

const summed = ({ data }: Tensor) =>
  Float32Array.from({ length: CELLS }, (_, p) => data[p] + data[CELLS + p] + data[2 * CELLS + p]);

for (const composite of ["epsilon", "epsilon-plus", "epsilon-plus-flat", "epsilon-gamma-box"] as const) {
  test(`lrp by ${composite} is zennit's, in one backward pass`, async () => {
    const explanation = await explain(model, x, { method: "lrp", composite, targets: CLASS });
    const { provenance } = explanation;
    assert.ok(pearson(explanation.map(CLASS).data, summed(toTensor(arrays.get(composite)))) > 0.99999);
    assert.deepEqual([provenance.backwardPasses, provenance.score], [1, "logit"]);
    const [absorbed] = (provenance.options as { absorbed: number[] }).absorbed;
    const score = toTensor(arrays.get("y")).data[CLASS];
    assert.ok(Math.abs(sum(explanation.map(CLASS).data) + absorbed - score) < 1e-4 * Math.abs(score));
  });
}

test("with rectifiers alone the epsilon rule is gradient times input", async () => {
  const options = { targets: CLASS } as const;
  const a = await explain(model, x, { method: "lrp", composite: "epsilon", epsilon: 1e-9, ...options });
  const b = await explain(model, x, { method: "gradient-x-input", ...options });
  assert.ok(pearson(a.map(CLASS).data, b.map(CLASS).data) > 0.9999);
});

test("the gamma rule goes from epsilon to plus", async () => {
  const map = async (composite: CompositeName, gamma: number) =>
    (await explain(model, x, { method: "lrp", composite, gamma, targets: CLASS })).map(CLASS).data;
  const [zero, weak, strong] = [
    await map("epsilon-gamma-box", 0),
    await map("epsilon-gamma-box", 0.25),
    await map("epsilon-gamma-box", 1e4),
  ];
  const stronger = await map("epsilon-gamma-box", 1e5);
  assert.ok(pearson(strong, stronger) > 0.9999);
  assert.ok(pearson(weak, strong) > pearson(zero, strong));
});

test("every class of one picture has its own map, the same every time", async () => {
  const twice = [1, 2].map(() => explain(model, x, { method: "lrp", targets: [0, CLASS] }));
  const [a, b] = await Promise.all(twice);
  for (const target of [0, CLASS]) assert.deepEqual(a.map(target).data, b.map(target).data);
  assert.notDeepEqual(a.map(0).data, a.map(CLASS).data);
});

test("what no rule was written for is refused by name", async () => {
  await using reader = await loadModel(fixture("gradients/reader.legacy.onnx"));
  const input = { data: new Float32Array(3 * 32 * 32).fill(0.5), dims: [1, 3, 32, 32] };
  await assert.rejects(explain(reader, input, { method: "lrp" }), {
    code: "not-supported",
    message: /relevance has no rule for GRU, RNN: name a layer with targetLayer/,
  });
});

test("a score that mostly goes to biases is a note; one that arrives is none", async () => {
  await using plain = await loadModel(fixture("relevance/plain.onnx"), { preprocess: { size: 24 } });
  await using unbiased = await loadModel(fixture("relevance/unbiased.onnx"), { preprocess: { size: 24 } });
  const notes = async (one: Model) =>
    (await explain(one, x, { method: "lrp", targets: CLASS })).provenance.notes.filter((note) => /biases/.test(note));
  assert.equal((await notes(plain)).length, 1);
  assert.deepEqual(await notes(unbiased), []);
});

test("options out of range are refused", async () => {
  for (const wrong of [{ epsilon: 0 }, { gamma: -1 }, { composite: "epsilon_plus" }]) {
    await assert.rejects(explain(model, x, { method: "lrp", ...wrong } as object), { code: "bad-config" });
  }
});
