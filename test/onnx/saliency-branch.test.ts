import assert from "node:assert/strict";
import { test } from "node:test";
import { DataType } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { insertSaliencyBranch, saliencyOutput } from "../../src/onnx/saliency-branch.js";
import { tinyCnn } from "../support/models.js";

const layer = {
  name: "features",
  type: DataType.FLOAT,
  dims: [1, 6, 8, 8],
  geometry: { layout: "nchw", height: 8, width: 8, offset: 0 },
} as const;
const options = { classes: 5, embedScaling: true };

test("the graph given is left as it was, its outputs stay, and the new one says its type and shape", () => {
  const graph = tinyCnn();
  const before = graph.serialize();
  const longer = insertSaliencyBranch(graph, { kind: "mean", layer }, options);
  assert.deepEqual(graph.serialize(), before);
  assert.deepEqual(longer.outputs, [
    ...graph.outputs,
    { name: "saliency_map", type: DataType.UINT8, dims: ["n", 5, 8, 8] },
  ]);
  assert.equal(saliencyOutput(graph), undefined);
  assert.deepEqual(saliencyOutput(Graph.parse(longer.serialize())), longer.outputs[1]);
});

test("weights behind the layer are shared, not stored twice", () => {
  const graph = tinyCnn();
  const head = graph.extract(
    [{ name: "features", type: DataType.FLOAT, dims: ["n", 6, 8, 8] }],
    [{ name: "scores", type: DataType.FLOAT, dims: ["n", 5] }],
  );
  const masks = Float32Array.from({ length: 64 * 64 }, (_, i) => Number(i % 65 === 0));
  const longer = insertSaliencyBranch(graph, { kind: "cells", layer, head, masks }, options);
  const gemms = longer.nodes.filter(({ opType }) => opType === "Gemm");
  assert.equal(gemms.length, 2);
  assert.deepEqual(gemms[0].input.slice(1), gemms[1].input.slice(1));
});

test("a second branch, and operator sets that are too old, are refused", () => {
  const once = insertSaliencyBranch(tinyCnn(), { kind: "mean", layer }, options);
  assert.throws(() => insertSaliencyBranch(once, { kind: "mean", layer }, options), { code: "not-supported" });
  const old = tinyCnn({ opset: 9 });
  assert.throws(() => insertSaliencyBranch(old, { kind: "mean", layer }, options), { code: "not-supported" });
});
