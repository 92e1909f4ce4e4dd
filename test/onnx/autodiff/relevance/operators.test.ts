import assert from "node:assert/strict";
import { test } from "node:test";
import { RelevanceRules } from "../../../../src/onnx/autodiff/relevance/relevance-rules.js";
import { differentiableOperators } from "../../../../src/onnx/autodiff/rules.js";
import { Graph } from "../../../../src/onnx/graph.js";

/** Memories of several steps; norms, which divide and get none; a softmax's logarithm, before which a score is taken; products. */
const WITHOUT = [
  ...["GRU", "LSTM", "RNN"],
  ...["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"],
  ...["LogSoftmax", "ReduceProd"],
];

test("every operator with a gradient has a rule for relevance, or a reason why not", () => {
  const graph = Graph.empty("net", 21);
  const epsilon = { rule: "epsilon" } as const;
  const rules = new RelevanceRules({ convolution: epsilon, dense: epsilon, epsilon: 1e-6 }, graph);
  graph.addInput("x", [1]);
  const without = differentiableOperators.filter((name) => {
    const [operator, domain] = name.split("::").reverse();
    graph.addNode(operator, ["x", "x", "x"], {}, { outputs: [`${name} made`], domain });
    return rules.ruleOf(graph.nodes[graph.nodes.length - 1]) === undefined;
  });
  assert.deepEqual(without, WITHOUT.sort());
});
