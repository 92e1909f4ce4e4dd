import assert from "node:assert/strict";
import { test } from "node:test";
import type { Composite, LinearRule } from "../../../../src/onnx/autodiff/relevance/composite.js";
import { fixture } from "../../../support/fixtures.js";
import { readNpz, toTensor } from "../../../support/npz.js";
import { relevanceOfGraphs } from "../../../support/relevance-graph.js";

const relevanceOf = relevanceOfGraphs();

const epsilon: LinearRule = { rule: "epsilon" };
const plus: LinearRule = { rule: "plus" };
const alphaBeta: LinearRule = { rule: "alpha-beta", alpha: 2, beta: 1 };
const flat = { rule: { rule: "flat" }, of: "all" } as const;
const box = { rule: { rule: "box", low: [-2, -2, -2], high: [2, 2, 2], axis: 1 }, of: "convolutions" } as const;

const composites: Record<string, Omit<Composite, "epsilon">> = {
  epsilon: { convolution: epsilon, dense: epsilon },
  "epsilon-plus": { convolution: plus, dense: epsilon },
  "epsilon-plus-flat": { convolution: plus, dense: epsilon, first: flat },
  "epsilon-alpha2-beta1": { convolution: alphaBeta, dense: epsilon },
  "epsilon-alpha2-beta1-flat": { convolution: alphaBeta, dense: epsilon, first: flat },
  "epsilon-gamma-box": { convolution: { rule: "gamma", gamma: 0.25 }, dense: epsilon, first: box },
};

function relativeError(found: Float32Array, expected: Float32Array): number {
  const size = expected.reduce((total, value) => total + value ** 2, 0);
  return Math.sqrt(expected.reduce((total, value, i) => total + (found[i] - value) ** 2, 0) / size);
}

for (const network of ["plain", "residual", "unbiased"]) {
  for (const [name, composite] of Object.entries(composites)) {
    test(`${network}, ${name}: zennit's relevance`, async () => {
      const arrays = await readNpz(fixture(`relevance/${network}.npz`));
      const question = {
        graph: fixture(`relevance/${network}.onnx`),
        x: toTensor(arrays.get("x")),
        composite: { ...composite, epsilon: 1e-6 },
        weights: [0, 0, 1, 0, 0],
      };
      const { of, scores } = await relevanceOf(question);
      assert.ok(relativeError(scores, toTensor(arrays.get("y")).data) < 1e-5);
      const error = relativeError(of.get("x") as Float32Array, toTensor(arrays.get(name)).data);
      assert.ok(error < 1e-4, `relative error ${error}`);
    });
  }
}

for (const [name, composite] of Object.entries(composites)) {
  test(`plain, ${name} without biases: zennit's relevance with zero_params="bias"`, async () => {
    const { of } = await relevanceOf({
      graph: fixture("relevance/plain.onnx"),
      x: toTensor((await readNpz(fixture("relevance/plain.npz"))).get("x")),
      composite: { ...composite, epsilon: 1e-6, zeroBias: true },
      weights: [0, 0, 1, 0, 0],
    });
    const expected = (await readNpz(fixture("relevance/zero-bias.npz"))).get(name);
    const error = relativeError(of.get("x") as Float32Array, toTensor(expected).data);
    // without their biases some outputs nearly vanish, and single precision shows where they divide
    assert.ok(error < 4e-4, `relative error ${error}`);
  });
}

test("a transformer: LXT's AttnLRP", async () => {
  const arrays = await readNpz(fixture("relevance/attention.npz"));
  const { of } = await relevanceOf({
    graph: fixture("relevance/attention.onnx"),
    x: toTensor(arrays.get("x")),
    composite: { convolution: epsilon, dense: epsilon, epsilon: 1e-8 },
    weights: [0, 0, 1, 0, 0],
  });
  const error = relativeError(of.get("x") as Float32Array, toTensor(arrays.get("attn")).data);
  assert.ok(error < 1e-4, `relative error ${error}`);
});
