import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadModel } from "../../src/model/load.js";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { colourModel, PURE as P, RED } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { assertClose, fails } from "../support/tensors.js";

const softmax = (graph: Graph, x: string) => graph.op("Softmax", [x], { axis: 1 });
const sigmoid = (graph: Graph, x: string) => graph.op("Sigmoid", [x]);
const quantised = (graph: Graph, x: string) => {
  const zero = { type: DataType.UINT8, dims: [], data: Uint8Array.of(0) };
  const q = graph.op("QuantizeLinear", [x, floats(1 / 255), zero]);
  return graph.op("DequantizeLinear", [q, floats(1 / 255), zero]);
};
const exp = (graph: Graph, x: string) =>
  graph.op("Exp", [graph.op("Sub", [x, graph.op("ReduceMax", [x], { axes: [1], keepdims: 1 })])]);
const writtenOut = (graph: Graph, x: string) => {
  const e = exp(graph, x);
  return graph.op("Div", [e, graph.op("ReduceSum", [e, ints([1])], { keepdims: 1 })]);
};
const rest = (1 - P) / 2;

const ENDS: Record<string, [(graph: Graph, x: string) => string, number[]]> = {
  "nothing: logits": [(_, x) => x, [P, rest, rest]],
  softmax: [softmax, [P, rest, rest]],
  "softmax, quantised": [(g, x) => quantised(g, softmax(g, x)), [1, 0, 0]],
  "sigmoid, quantised": [(g, x) => quantised(g, sigmoid(g, x)), [1, 0.502, 0.502]],
  "softmax written out": [writtenOut, [P, rest, rest]],
  "softmax clipped": [(g, x) => g.op("Clip", [softmax(g, x), floats(1e-7), floats(1)]), [P, rest, rest]],
  "softmaxes averaged": [
    (g, x) => g.op("Mul", [g.op("Add", [softmax(g, x), softmax(g, g.op("Mul", [x, floats(1)]))]), floats(0.5)]),
    [P, rest, rest],
  ],
  "softmax of more classes, sliced": [
    (g, x) => g.op("Slice", [softmax(g, g.op("Concat", [x, x], { axis: 1 })), ints([0]), ints([3]), ints([1])]),
    [P / 2, rest / 2, rest / 2],
  ],
  "sigmoid written out": [
    (g, x) => g.op("Div", [floats(1), g.op("Add", [floats(1), g.op("Exp", [g.op("Neg", [x])])])]),
    [1 / (1 + Math.exp(-10)), 0.5, 0.5],
  ],
  "sigmoid by reciprocal": [
    (g, x) => g.op("Reciprocal", [g.op("Add", [g.op("Exp", [g.op("Neg", [x])]), floats(1)])]),
    [1 / (1 + Math.exp(-10)), 0.5, 0.5],
  ],
  "softmax transposed twice": [
    (g, x) =>
      g.op("Transpose", [g.op("Softmax", [g.op("Transpose", [x], { perm: [1, 0] })], { axis: 0 })], { perm: [1, 0] }),
    [P, rest, rest],
  ],
};

describe("probabilities come out as they are, however the graph ends", () => {
  for (const [name, [end, expected]] of Object.entries(ENDS)) {
    it(name, async () => {
      await using model = await loadModel(savedModel(colourModel(end)), {
        threads: 1,
        preprocess: { mean: 0, std: 1 },
      });
      const { tensor } = await model.prepare(RED);
      assertClose(model.probabilities(await model.run(tensor)).data, expected, 0.004);
    });
  }

  it("the logit of a softmax that is not one operator is its logarithm", async () => {
    const load = (end: (graph: Graph, x: string) => string) =>
      loadModel(savedModel(colourModel(end)), { threads: 1, preprocess: { mean: 0, std: 1 } });
    await using parts = await load(writtenOut);
    await using whole = await load(softmax);
    const { tensor } = await whole.prepare(RED);
    const target = Float32Array.of(1, -1, 0);
    const slope = async (model: typeof whole) =>
      (await model.gradient(tensor, { target })).gradients.get("")?.data ?? new Float32Array();
    assertClose(await slope(parts), await slope(whole), 1e-6);
  });

  it("what the numbers say against the graph is said, and activation decides", async () => {
    const shifted = (g: Graph, x: string) => g.op("Round", [g.op("Mul", [softmax(g, x), floats(4)])]);
    const path = savedModel(colourModel((g, x) => g.op("Clip", [shifted(g, x), floats(0), floats(9)])));
    await using doubtful = await loadModel(path, { threads: 1 });
    assert.equal(doubtful.info.activation, "none");
    const averaged = savedModel(colourModel(ENDS["softmaxes averaged"][0]));
    await using taken = await loadModel(averaged, { threads: 1 });
    assert.ok(taken.info.notes.some((note) => /add up to 1.*set activation/.test(note)));
    await using told = await loadModel(averaged, { threads: 1, activation: "none" });
    assert.deepEqual([told.info.activation, told.info.probabilities], ["none", "softmax"]);
    assert.ok(!told.info.notes.some((note) => /set activation/.test(note)));
  });
});

it("a model that answers with NaN or infinity is an error, not a class", async () => {
  const root = (g: Graph, x: string) => g.op("Sqrt", [g.op("Sub", [g.op("Neg", [g.op("Abs", [x])]), floats(1)])]);
  const power = (g: Graph, x: string) => g.op("Exp", [g.op("Mul", [x, floats(1000)])]);
  for (const end of [root, power]) {
    await using model = await loadModel(savedModel(colourModel(end)), { threads: 1, preprocess: { mean: 0, std: 1 } });
    await assert.rejects(model.predict(RED), fails("not-finite", /the model answers with (NaN|Infinity)/));
  }
});
