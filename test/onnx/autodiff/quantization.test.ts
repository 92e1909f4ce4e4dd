import assert from "node:assert/strict";
import { test } from "node:test";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { gradientsOf } from "./check.js";

const scale: Constant = { type: DataType.FLOAT, dims: [], data: Float32Array.of(0.1) };
const zero: Constant = { type: DataType.UINT8, dims: [], data: Uint8Array.of(10) };

test("gradients go straight through quantisation within its range, and stop outside", async () => {
  const graph = Graph.empty("quantised", 17);
  graph.addInput("x", [1, 5]);
  const q = graph.op("QuantizeLinear", ["x", scale, zero]);
  const turned = graph.op("Transpose", [q], { perm: [0, 1] });
  graph.addOutput(graph.op("DequantizeLinear", [turned, scale, zero]), [1, 5]);
  const values = Float32Array.of(-1.2, -0.9, 0.33, 24.4, 30);
  const found = await gradientsOf(graph, { name: "x", dims: [1, 5] }, values, Float32Array.of(1, 2, 3, 4, 5));
  assert.deepEqual(found, [0, 2, 3, 4, 0]);
});

test("scales along an axis belong to their channels", async () => {
  const graph = Graph.empty("quantised", 17);
  graph.addInput("x", [1, 2, 2]);
  const scales: Constant = { type: DataType.FLOAT, dims: [2], data: Float32Array.of(0.01, 1) };
  const zeros: Constant = { type: DataType.INT8, dims: [2], data: Int8Array.of(0, 0) };
  const q = graph.op("QuantizeLinear", ["x", scales, zeros], { axis: 1 });
  graph.addOutput(graph.op("DequantizeLinear", [q, scales, zeros], { axis: 1 }), [1, 2, 2]);
  const values = Float32Array.of(1, 2, 100, 200);
  const found = await gradientsOf(graph, { name: "x", dims: [1, 2, 2] }, values, Float32Array.of(1, 1, 1, 1));
  assert.deepEqual(found, [1, 0, 1, 0]);
});
