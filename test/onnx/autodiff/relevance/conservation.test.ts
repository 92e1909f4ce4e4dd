import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../../../../src/core/random.js";
import { sum } from "../../../../src/core/statistics.js";
import type { Composite } from "../../../../src/onnx/autodiff/relevance/composite.js";
import { type Constant, floats, ints } from "../../../../src/onnx/constant.js";
import { Graph } from "../../../../src/onnx/graph.js";
import { relevanceOfGraphs } from "../../../support/relevance-graph.js";

const relevanceOf = relevanceOfGraphs();

const EPSILON: Composite = { convolution: { rule: "epsilon" }, dense: { rule: "epsilon" }, epsilon: 1e-6 };
const composites: Readonly<Record<string, Composite>> = {
  epsilon: EPSILON,
  plus: { ...EPSILON, convolution: { rule: "plus" } },
  gamma: { ...EPSILON, convolution: { rule: "gamma", gamma: 0.25 } },
  flat: { ...EPSILON, first: { rule: { rule: "flat" }, of: "all" } },
  box: { ...EPSILON, first: { rule: { rule: "box", low: [-3, -3], high: [3, 3], axis: 1 }, of: "convolutions" } },
};

const WEIGHTS = [0.5, -1, 2];

/** Numbers of a seed, as a constant of a shape. */
function numbers(dims: readonly number[], seed: number, scale = 1): Constant {
  const draw = random(seed);
  const size = dims.reduce((a, b) => a * b, 1);
  return floats(
    Array.from({ length: size }, () => scale * draw.normal()),
    dims,
  );
}

const picture = (seed: number, rows = 1) => ({
  data: numbers([rows, 2, 6, 6], seed).data as Float32Array,
  dims: [rows, 2, 6, 6],
});

/** A graph of an input x [n, 2, 6, 6] and scores y [n, 3] that a function builds. */
function graphOf(build: (graph: Graph, x: string) => string): Graph {
  const graph = Graph.empty("net", 21);
  graph.addInput("x", ["n", 2, 6, 6]);
  const scores = build(graph, "x");
  graph.addNode("Identity", [scores], {}, { outputs: ["y"] });
  graph.addOutput("y", ["n", 3]);
  return graph;
}

const head = (graph: Graph, features: string, channels: number) =>
  graph.op("MatMul", [graph.op("Flatten", [graph.op("GlobalAveragePool", [features])]), numbers([channels, 3], 9)]);

/** Without biases: two branches that are added, pooled, gated and put side by side. */
const branches = graphOf((graph, x) => {
  const a = graph.op("Relu", [graph.op("Conv", [x, numbers([4, 2, 3, 3], 1)], { pads: [1, 1, 1, 1] })]);
  const b = graph.op("Relu", [graph.op("Conv", [a, numbers([4, 1, 3, 3], 2)], { pads: [1, 1, 1, 1], group: 4 })]);
  const added = graph.op("Add", [a, b]);
  const gate = graph.op("Sigmoid", [
    graph.op("Conv", [graph.op("GlobalAveragePool", [added]), numbers([4, 4, 1, 1], 3)]),
  ]);
  const gated = graph.op("Mul", [added, gate]);
  const swish = graph.op("Mul", [gated, graph.op("Sigmoid", [gated])]);
  const pooled = graph.op("MaxPool", [swish], { kernel_shape: [2, 2], strides: [2, 2] });
  const averaged = graph.op("AveragePool", [swish], { kernel_shape: [2, 2], strides: [2, 2] });
  return head(graph, graph.op("Concat", [pooled, averaged], { axis: 1 }), 8);
});

for (const [name, composite] of Object.entries(composites)) {
  test(`${name}: without biases the whole score arrives at the picture`, async () => {
    const { of, scores } = await relevanceOf({ graph: branches, x: picture(4, 2), composite, weights: WEIGHTS });
    const relevance = of.get("x") as Float32Array;
    for (const row of [0, 1]) {
      const score = sum(WEIGHTS.map((weight, k) => weight * scores[row * 3 + k]));
      const arrived = sum(relevance.subarray(row * 72, (row + 1) * 72));
      assert.ok(Math.abs(arrived - score) < 1e-4 * Math.abs(score), `${arrived} of ${score}`);
    }
  });
}

test("blocks that overlap and are added up by Col2Im share the score by what each added", async () => {
  const graph = graphOf((net, x) => {
    const features = net.op("Relu", [net.op("Conv", [x, numbers([8, 2, 2, 2], 21)], { strides: [1, 1] })]);
    const blocks = net.op("Reshape", [features, ints([0, 8, 25])]);
    const added = net.op("Col2Im", [blocks, ints([6, 6]), ints([2, 2])]);
    return head(net, added, 2);
  });
  const { of, scores } = await relevanceOf({ graph, x: picture(6), composite: EPSILON, weights: WEIGHTS });
  const score = sum(WEIGHTS.map((weight, k) => weight * scores[k]));
  const arrived = sum(of.get("x") as Float32Array);
  assert.ok(Math.abs(arrived - score) < 1e-4 * Math.abs(score), `${arrived} of ${score}`);
});

test("each bias keeps what it added: b · R / (z + ε), layer by layer", async () => {
  const biases = { first: numbers([4], 11), second: numbers([3], 12) };
  const graph = graphOf((net, x) => {
    const [z] = net.addNode("Conv", [x, numbers([4, 2, 3, 3], 1), biases.first], {}, { outputs: ["z"] });
    const features = net.op("Flatten", [net.op("GlobalAveragePool", [net.op("Relu", [z])])]);
    return net.addNode("Gemm", [features, numbers([4, 3], 2), biases.second], {}, { outputs: ["s"] })[0];
  });
  const x = picture(5);
  const { of, scores } = await relevanceOf({ graph, x, composite: EPSILON, weights: WEIGHTS, wrt: ["x", "z"] });
  // The convolution's outputs, without the graph: 4 channels of 4 × 4.
  const [relevance, weights] = [of.get("z") as Float32Array, numbers([4, 2, 3, 3], 1).data as Float32Array];
  let kept = sum(WEIGHTS.map((weight, k) => weight * Number(biases.second.data[k])));
  relevance.forEach((value, i) => {
    const [channel, row, column] = [Math.floor(i / 16), Math.floor((i % 16) / 4), i % 4];
    let z = Number(biases.first.data[channel]);
    for (let c = 0; c < 2; c++)
      for (let dy = 0; dy < 3; dy++)
        for (let dx = 0; dx < 3; dx++)
          z += weights[((channel * 2 + c) * 3 + dy) * 3 + dx] * x.data[(c * 6 + row + dy) * 6 + column + dx];
    kept += (Number(biases.first.data[channel]) * value) / z;
  });
  const score = sum(WEIGHTS.map((weight, k) => weight * scores[k]));
  const arrived = sum(of.get("x") as Float32Array);
  assert.ok(Math.abs(arrived + kept - score) < 1e-4 * Math.abs(score), `${arrived} + ${kept} of ${score}`);
});

test("relevance of a linear model is weight times input", async () => {
  const weights = numbers([72, 3], 6);
  const graph = graphOf((net, x) => net.op("MatMul", [net.op("Flatten", [x]), weights]));
  const x = picture(7);
  const { of } = await relevanceOf({ graph, x, composite: EPSILON, weights: [0, 1, 0] });
  (of.get("x") as Float32Array).forEach((value, i) => {
    assert.ok(Math.abs(value - x.data[i] * Number(weights.data[i * 3 + 1])) < 1e-5);
  });
});

test("the rules of a neuron, by hand", async () => {
  // z = 2·3 − 1·4 + 0.5 = 2.5 of inputs 3 and 4 in two channels
  const graph = Graph.empty("neuron", 21);
  graph.addInput("x", ["n", 2, 1, 1]);
  const z = graph.op("Conv", ["x", floats([2, -1], [1, 2, 1, 1]), floats([0.5], [1])]);
  graph.addNode("Flatten", [z], {}, { outputs: ["y"] });
  graph.addOutput("y", ["n", 1]);
  const shares = async (convolution: Composite["convolution"], first?: Composite["first"]) => {
    const composite = { ...EPSILON, convolution, first };
    const x = { data: Float32Array.of(3, 4), dims: [1, 2, 1, 1] };
    return [...((await relevanceOf({ graph, x, composite, weights: [1] })).of.get("x") as Float32Array)];
  };
  const near = (found: readonly number[], expected: readonly number[]) =>
    found.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]) < 1e-5, `${found} is not ${expected}`);
    });
  near(await shares({ rule: "epsilon" }), [6, -4]);
  near(await shares({ rule: "plus" }), [(6 / 6.5) * 2.5, 0]);
  near(await shares({ rule: "alpha-beta", alpha: 2, beta: 1 }), [(2 * 6 * 2.5) / 6.5, -2.5]);
  const raised = 6 * 1.25 - 4 + 0.5 * 1.25;
  near(await shares({ rule: "gamma", gamma: 0.25 }), [(6 * 1.25 * 2.5) / raised, (-4 * 2.5) / raised]);
  near(await shares({ rule: "epsilon" }, { rule: { rule: "flat" }, of: "all" }), [1.25, 1.25]);
  // Box 0…5: z − 2·0 + 1·5, less the bias; each input less its bound.
  const box = { rule: "box", low: [0, 0], high: [5, 5], axis: 1 } as const;
  near(await shares({ rule: "epsilon" }, { rule: box, of: "convolutions" }), [(6 * 2.5) / 7, (1 * 2.5) / 7]);
});

test("a score of zero hands nothing down, and a dead layer no quotient of zeros", async () => {
  const graph = graphOf((net, x) => head(net, net.op("Relu", [net.op("Conv", [x, numbers([4, 2, 3, 3], 1)])]), 4));
  const x = { data: new Float32Array(72), dims: [1, 2, 6, 6] };
  for (const composite of Object.values(composites)) {
    const { of } = await relevanceOf({ graph, x, composite, weights: WEIGHTS });
    assert.ok((of.get("x") as Float32Array).every((value) => value === 0));
  }
});

test("what an exporter wrote apart is one layer: bias, scale and batch normalisation as nodes", async () => {
  const weight = numbers([4, 2, 3, 3], 1);
  const [scale, shift] = [numbers([4, 1, 1], 2), numbers([1, 4, 1, 1], 3)];
  const apart = graphOf((net, x) => {
    const scaled = net.op("Mul", [net.op("Conv", [x, weight]), scale]);
    const normed = net.op("BatchNormalization", [
      net.op("Add", [shift, scaled]),
      ...[floats([2, 2, 2, 2]), floats([1, 1, 1, 1]), floats([0.5, 0.5, 0.5, 0.5]), floats([4, 4, 4, 4])],
    ]);
    return head(net, net.op("Relu", [normed]), 4);
  });
  const whole = graphOf((net, x) => {
    const merged = (weight.data as Float32Array).map((value, i) => value * Number(scale.data[Math.floor(i / 18)]));
    const bias = Float32Array.from({ length: 4 }, (_, c) => Number(shift.data[c]) - 0.5 + 1);
    return head(net, net.op("Relu", [net.op("Conv", [x, floats(merged, weight.dims), floats(bias, [4])])]), 4);
  });
  const question = { x: picture(8), composite: composites.plus, weights: WEIGHTS };
  const [a, b] = [await relevanceOf({ graph: apart, ...question }), await relevanceOf({ graph: whole, ...question })];
  const [found, expected] = [a, b].map(({ of }) => of.get("x") as Float32Array);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(found[i] - value) < 1e-4, `${found[i]} is not ${value}`);
  });
});
