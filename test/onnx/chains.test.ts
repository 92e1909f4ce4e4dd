import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/onnx/graph.js";
import { dominators } from "../../src/onnx/surface.js";
import { chainOf, passesOver } from "../support/chains.js";

test("50,000 operators in a row are read, searched for layers and differentiated", () => {
  assert.ok(passesOver(chainOf(50_000)) > 0);
});

test("50,000 Identity nodes are looked through for a constant", () => {
  const graph = chainOf(50_000, ["Identity"]);
  const last = graph.nodes[49_999].output[0];
  assert.equal(graph.constant(last), undefined);
});

test("a circle of Identity nodes is no constant", () => {
  const graph = Graph.empty("circle", 18);
  graph.addNode("Identity", ["b"], {}, { outputs: ["a"] });
  graph.addNode("Identity", ["a"], {}, { outputs: ["b"] });
  assert.equal(graph.constant("a"), undefined);
});

test("tensors that all paths pass through: before, between and behind branches, not inside or beside them", () => {
  const graph = Graph.empty("branches", 18);
  graph.addInput("x", [1, 2]);
  const node = (opType: string, inputs: string[], outputs: string[]) => graph.addNode(opType, inputs, {}, { outputs });
  node("Relu", ["x"], ["stem"]);
  node("Relu", ["stem"], ["left"]);
  node("Tanh", ["stem"], ["right"]);
  node("Neg", ["stem"], ["unused"]);
  node("Add", ["left", "right"], ["join"]);
  node("Split", ["join"], ["first", "second"]);
  node("Add", ["second", "first"], ["again"]);
  node("Relu", ["again"], ["block"]);
  node("Add", ["again", "block"], ["residual"]);
  node("Shape", ["stem"], ["shape"]);
  node("Reshape", ["residual", "shape"], ["scores"]);
  graph.addOutput("scores", [1, 2]);
  assert.deepEqual([...dominators(graph, "x", "scores")], ["stem", "join", "again", "residual", "scores"]);
});
