import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SessionHost } from "../../../src/model/session.js";
import { float } from "../../../src/onnx/attributes.js";
import { canonical, type DifferentiateOptions, differentiate } from "../../../src/onnx/autodiff/differentiate.js";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { gradientsOf } from "./check.js";

const host = new SessionHost();
after(() => host.close());

const floats = (dims: readonly number[], values: readonly number[]): Constant => ({
  type: DataType.FLOAT,
  dims,
  data: Float32Array.from(values),
});

/** relu(x · W) · V, [n, 2] → [n, 3] → [n, 2]. */
function network(last?: "Softmax" | "Sigmoid"): Graph {
  const graph = Graph.empty("network", 17);
  graph.addInput("x", ["n", 2]);
  const w = graph.addConstant(floats([2, 3], [1, -1, 2, 0.5, 1, -1]), "W");
  graph.addNode("MatMul", ["x", w], {}, { outputs: ["hidden"] });
  graph.addNode("Relu", ["hidden"], {}, { outputs: ["active"] });
  const v = graph.addConstant(floats([3, 2], [1, 2, -1, 1, 0.5, -2]), "V");
  graph.addNode("MatMul", ["active", v], {}, { outputs: ["logits"] });
  if (last) graph.addNode(last, ["logits"], {}, { outputs: ["scores"] });
  graph.addOutput(last ? "scores" : "logits", ["n", 2]);
  return graph;
}

const input = { name: "x", dims: [1, 2] };

async function run(
  graph: Graph,
  wrt: readonly string[],
  seed: readonly number[],
  options: Partial<DifferentiateOptions> = {},
  x = [2, -1],
) {
  const form = await canonical(graph, input, host);
  const settings = {
    wrt,
    output: graph.outputs[0].name,
    activation: "none" as const,
    score: "logit" as const,
    ...options,
  };
  const found = differentiate(form, settings);
  const session = await host.open(found.graph);
  const n = x.length / 2;
  const fetches = [found.scores, ...wrt.map((name) => found.gradients.get(name) as string), ...found.values.values()];
  const feeds = { x: floats([n, 2], x), [found.seed]: floats([n, 2], seed) };
  const given = Object.fromEntries(
    Object.entries(feeds).filter(([name]) => found.graph.inputs.some((port) => port.name === name)),
  );
  const result = await session.run(given, fetches);
  await session.close();
  return fetches.map((name) => Array.from(result.get(name)?.data as Float32Array));
}

const close = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  assert.ok(
    actual.every((value, i) => Math.abs(value - expected[i]) < 1e-5),
    `${actual} is not ${expected}`,
  );
};

test("the gradient of a linear model is its weights, exactly", async () => {
  const graph = Graph.empty("linear", 17);
  graph.addInput("x", [1, 3]);
  graph.addOutput(graph.op("MatMul", ["x", floats([3, 2], [1, 2, 3, 4, 5, 6])]), [1, 2]);
  const found = await gradientsOf(graph, { name: "x", dims: [1, 3] }, Float32Array.of(7, 8, 9), Float32Array.of(0, 1));
  assert.deepEqual(found, [2, 4, 6]);
});

test("input, inner tensors and weights are differentiated side by side, with their values", async () => {
  // x = (2, −1): hidden = (1.5, −3, 5), active = (1.5, 0, 5)
  const [scores, dx, dActive, dW, active] = await run(network(), ["x", "active", "W"], [1, 0]);
  close(scores, [4, -7]);
  close(dActive, [1, -1, 0.5]);
  close(dx, [1 * 1 + 0.5 * 2, 0.5 * 1 - 0.5]);
  close(dW, [2, 0, 1, -1, 0, -0.5]);
  close(active, [1.5, 0, 5]);
});

test("every picture of a batch has its own seed", async () => {
  const [, one] = await run(network(), ["x"], [1, 0], {}, [2, -1]);
  const [, two] = await run(network(), ["x"], [0, 1], {}, [-1, 3]);
  const [, both] = await run(network(), ["x"], [1, 0, 0, 1], {}, [2, -1, -1, 3]);
  close(both, [...one, ...two]);
});

test("a weighted sum of scores has the weighted sum of gradients", async () => {
  const [, a] = await run(network(), ["x"], [1, 0]);
  const [, b] = await run(network(), ["x"], [0, 1]);
  const [, sum] = await run(network(), ["x"], [2, -3]);
  close(
    sum,
    a.map((value, i) => 2 * value - 3 * b[i]),
  );
});

test("probabilities are differentiated through an added softmax or sigmoid", async () => {
  const [, a] = await run(network(), ["x"], [1, 0]);
  const [, b] = await run(network(), ["x"], [0, 1]);
  const p = 1 / (1 + Math.exp(-7 - 4));
  const [scores, softmax] = await run(network(), ["x"], [1, 0], { score: "probability", probabilities: "softmax" });
  close(scores, [4, -7]);
  close(
    softmax,
    a.map((value, i) => p * (1 - p) * (value - b[i])),
  );
  const s = 1 / (1 + Math.exp(-4));
  const [, sigmoid] = await run(network(), ["x"], [1, 0], { score: "probability", probabilities: "sigmoid" });
  close(
    sigmoid,
    a.map((value) => s * (1 - s) * value),
  );
});

test("logits before the graph's own softmax or sigmoid are found", async () => {
  const [, plain] = await run(network(), ["x"], [0, 1]);
  for (const last of ["Softmax", "Sigmoid"] as const) {
    const activation = last.toLowerCase() as "softmax" | "sigmoid";
    const [, found] = await run(network(last), ["x"], [0, 1], { activation });
    close(found, plain);
  }
});

test("the guided and the deconvolution rule hold back negative gradients, ReLU6 included", async () => {
  const clipped = (relu: DifferentiateOptions["relu"], op: "Relu" | "Clip" | "LeakyRelu") => {
    const graph = Graph.empty("rules", 17);
    graph.addInput("x", [1, 4]);
    const bounds = op === "Clip" ? [floats([], [0]), floats([], [6])] : [];
    graph.addOutput(graph.op(op, ["x", ...bounds], op === "LeakyRelu" ? { alpha: float(0.1) } : {}), [1, 4]);
    return gradientsOf(
      graph,
      { name: "x", dims: [1, 4] },
      Float32Array.of(1, 2, -1, -2),
      Float32Array.of(1, -1, 1, -1),
      { relu },
    );
  };
  for (const op of ["Relu", "Clip"] as const) {
    close(await clipped("gradient", op), [1, -1, 0, 0]);
    close(await clipped("guided", op), [1, 0, 0, 0]);
    close(await clipped("deconvolution", op), [1, 0, 1, 0]);
  }
  close(await clipped("guided", "LeakyRelu"), [1, 0, 0.1, 0]);
});

test("the clip inside a written-out hard swish is no rectifier of features", async () => {
  const graph = Graph.empty("swish", 17);
  graph.addInput("x", [1, 2]);
  const shifted = graph.op("Add", ["x", floats([], [3])]);
  const clipped = graph.op("Clip", [shifted, floats([], [0]), floats([], [6])]);
  graph.addOutput(graph.op("Div", [graph.op("Mul", ["x", clipped]), floats([], [6])]), [1, 2]);
  const of = (relu: DifferentiateOptions["relu"]) =>
    gradientsOf(graph, { name: "x", dims: [1, 2] }, Float32Array.of(1, -1), Float32Array.of(-1, 1), { relu });
  close(await of("guided"), await of("gradient"));
});

test("an operator without a rule beside the path does not matter; on it, it is named", async () => {
  const graph = Graph.empty("det", 17);
  graph.addInput("x", [1, 2, 2]);
  const det = graph.op("Det", ["x"], {}, "volume");
  const sum = graph.op("ReduceSum", ["x", { type: DataType.INT64, dims: [2], data: BigInt64Array.of(1n, 2n) }], {
    keepdims: 0,
  });
  const rounded = graph.op("Floor", [det]);
  graph.addNode("Add", [sum, rounded], {}, { outputs: ["beside"] });
  graph.addNode("Add", [sum, det], {}, { outputs: ["through"] });
  const of = (output: string) => {
    const part = graph.clone();
    part.addOutput(
      part.op("Unsqueeze", [output, { type: DataType.INT64, dims: [1], data: BigInt64Array.of(1n) }]),
      [1, 1],
    );
    return gradientsOf(part, { name: "x", dims: [1, 2, 2] }, Float32Array.of(1, 2, 3, 4), Float32Array.of(1));
  };
  close(await of("beside"), [1, 1, 1, 1]);
  await assert.rejects(of("through"), /no gradient rule for the operator Det at 'volume'/);
});

test("a tensor that the score does not depend on has a gradient of zeros", async () => {
  const graph = network();
  graph.addNode("Tanh", ["hidden"], {}, { outputs: ["aside"] });
  const [, aside] = await run(graph, ["aside"], [1, 0]);
  close(aside, [0, 0, 0]);
});

test("only the part between an inner tensor and the score is differentiated", async () => {
  const form = await canonical(network(), input, host);
  const settings = { output: "logits", activation: "none", score: "logit" } as const;
  const all = differentiate(form, { ...settings, wrt: ["x"] });
  const part = differentiate(form, { ...settings, wrt: ["active"] });
  const added = (graph: Graph) => graph.nodes.filter(({ name }) => name.startsWith("grad")).length;
  assert.ok(added(part.graph) < added(all.graph));
});

test("half precision models are differentiated in their own precision", async () => {
  const graph = Graph.empty("half", 17);
  graph.addInput("x", [1, 2]);
  const half = graph.op("Cast", ["x"], { to: DataType.FLOAT16 });
  const square = graph.op("Relu", [graph.op("Mul", [half, half])]);
  const gelu = graph.op("Sigmoid", [square]);
  graph.addOutput(graph.op("Cast", [gelu], { to: DataType.FLOAT }), [1, 2]);
  const found = await gradientsOf(graph, { name: "x", dims: [1, 2] }, Float32Array.of(0.5, -1), Float32Array.of(1, 1));
  const slope = (x: number) => {
    const s = 1 / (1 + Math.exp(-x * x));
    return s * (1 - s) * 2 * x;
  };
  assert.ok(found.every((value, i) => Math.abs(value - slope([0.5, -1][i])) < 2e-3));
});
