import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Graph } from "../../../src/onnx/graph.js";
import { checkRule, forAll, gradientsOf, ints, variable } from "./check.js";

const whole = (seed: number, dims: readonly number[]) => variable(seed, dims, "whole");
const reference = "linear" as const;

test("Gather of one index drops its axis, of several may repeat", () =>
  forAll(
    fc.tuple(
      fc.integer({ min: -3, max: 2 }),
      fc.constantFrom(ints([1], []), ints([-1], []), ints([0]), ints([1, 1, 0]), ints([0, 1, 1, 0], [2, 2])),
    ),
    ([axis, index], seed) => ({
      op: "Gather",
      inputs: [whole(seed, [2, 3, 2]), index],
      attributes: { axis },
      reference,
    }),
    20,
  ));

test("Gather at a batch that grows", () =>
  forAll(
    fc.constantFrom(ints([0], []), ints([2, 0])),
    (index, seed) => ({
      op: "Gather",
      batched: true,
      inputs: [whole(seed, [3, 3, 2]), index],
      attributes: { axis: 1 },
      reference,
    }),
    4,
  ));

test("GatherElements and GatherND add up what was taken several times", async () => {
  await checkRule({
    op: "GatherElements",
    inputs: [whole(1, [3, 2]), ints([0, 2, 0, 1], [2, 2])],
    attributes: { axis: 0 },
    reference,
  });
  await checkRule({ op: "GatherND", inputs: [whole(2, [2, 3, 2]), ints([0, 1, 1, 2, 0, 1], [3, 2])], reference });
  await checkRule({
    op: "GatherND",
    inputs: [whole(3, [2, 3, 2]), ints([1, 0], [2, 1])],
    attributes: { batch_dims: 1 },
    reference,
  });
});

test("ScatterElements and ScatterND overwrite or add", async () => {
  for (const reduction of ["none", "add"]) {
    await checkRule({
      op: "ScatterElements",
      opset: 18,
      inputs: [whole(4, [3, 3]), ints([1, 0, 2], [1, 3]), whole(5, [1, 3])],
      attributes: { axis: 0, reduction },
      reference,
    });
    await checkRule({
      op: "ScatterND",
      opset: 18,
      inputs: [whole(6, [4, 2]), ints([2, 0], [2, 1]), whole(7, [2, 2])],
      attributes: { reduction },
      reference,
    });
  }
  await checkRule({
    op: "Scatter",
    opset: 9,
    inputs: [whole(8, [3, 3]), ints([1, 0, 2], [1, 3]), whole(9, [1, 3])],
    reference,
  });
});

test("TopK sends gradients back to where the values stood", async () => {
  const graph = Graph.empty("topk", 17);
  graph.addInput("x", [1, 5]);
  const [values] = graph.addNode("TopK", ["x", ints([2])], { axis: 1 }, { outputs: 2 });
  graph.addOutput(values, [1, 2]);
  const found = await gradientsOf(
    graph,
    { name: "x", dims: [1, 5] },
    Float32Array.of(3, 9, -1, 7, 0),
    Float32Array.of(10, 20),
  );
  assert.deepEqual(found, [0, 10, 0, 20, 0]);
});
