import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { makeAttribute } from "../../src/onnx/attributes.js";
import { floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { fixture } from "../support/fixtures.js";
import { inHalfPrecision } from "../support/half-precision.js";
import { savedModel } from "../support/models.js";
import { pattern } from "../support/pattern.js";

const SIDE = 32;
const picture = pattern(SIDE);
const preprocess = { mean: 0.5, std: 0.25 };

/** Rows of a picture read by a bidirectional LSTM, batch first or time first. */
function rowReader(layout: 0 | 1): Graph {
  const graph = Graph.empty("rows", 17);
  graph.addInput("image", ["n", 3, SIDE, SIDE]);
  const weight = (dims: readonly number[], at: number) =>
    floats(
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 1.3 + at) / 4),
      dims,
    );
  const pool = { kernel_shape: [4, 4], strides: [4, 4] };
  const map = graph.op("AveragePool", ["image"], pool);
  const rows = graph.op("Reshape", [graph.op("Transpose", [map], { perm: [0, 2, 1, 3] }), ints([0, 8, 24])]);
  const read = (outputs: string[]) => {
    const inputs = [weight([2, 16, 24], 1), weight([2, 16, 4], 2), weight([2, 32], 3)];
    const x = layout === 1 ? rows : graph.op("Transpose", [rows], { perm: [1, 0, 2] });
    const attributes = { hidden_size: 4, direction: "bidirectional", layout: layout || undefined };
    return graph.addNode("LSTM", [x, ...inputs], attributes, { outputs });
  };
  const [y, last] = read(["y", "last"]);
  // [n, rows, directions, hidden] and [n, directions, hidden], whatever the layout
  const all = layout === 1 ? y : graph.op("Transpose", [y], { perm: [2, 0, 1, 3] });
  const end = layout === 1 ? last : graph.op("Transpose", [last], { perm: [1, 0, 2] });
  const both = graph.op("Concat", [graph.op("Flatten", [all], { axis: 1 }), graph.op("Flatten", [end], { axis: 1 })], {
    axis: 1,
  });
  graph.addNode("MatMul", [both, weight([72, 3], 4)], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  return graph;
}

describe("recurrent models", () => {
  for (const exporter of ["legacy", "dynamo"]) {
    it(`a block of Sequencer has layers and every method for classifiers (${exporter})`, async () => {
      await using model = await loadModel(fixture(`gradients/sequencer.${exporter}.onnx`), { preprocess });
      assert.ok(model.layers().length > 0);
      const methods = model.info.methods.filter(({ supported }) => supported).map(({ method }) => method);
      for (const wanted of ["grad-cam", "integrated-gradients", "guided-backprop", "xrai", "counterfactual"])
        assert.ok((methods as string[]).includes(wanted), wanted);
      const lrp = model.info.methods.find(({ method }) => method === "lrp");
      assert.equal(lrp?.reason, "relevance has no rule for LSTM");
      for (const method of methods as "gradient"[]) {
        const { data } = (await explain(model, picture, { method, targets: 1, preset: "speed" })).map();
        assert.ok(data.length > 0 && data.every(Number.isFinite), method);
      }
    });
  }

  it("the batch may come first", async () => {
    await using first = await loadModel(savedModel(rowReader(1)), { preprocess });
    await using second = await loadModel(savedModel(rowReader(0)), { preprocess });
    const options = { method: "gradient", targets: 2 } as const;
    const [expected, given] = [await explain(second, picture, options), await explain(first, picture, options)];
    assert.ok(Math.max(...expected.map().data.map(Math.abs)) > 0);
    given.map().data.forEach((value, i) => {
      assert.ok(Math.abs(value - expected.map().data[i]) < 1e-6);
    });
  });

  it("may be of half precision", async () => {
    await using wide = await loadModel(savedModel(rowReader(0)), { preprocess });
    await using narrow = await loadModel(savedModel(inHalfPrecision(rowReader(0))), { preprocess });
    const options = { method: "gradient", targets: 2 } as const;
    const [expected, given] = [await explain(wide, picture, options), await explain(narrow, picture, options)];
    assert.ok(pearson(given.map().data, expected.map().data) > 0.999);
  });

  it("a function of gates that ONNX does not know is refused when the model is loaded", async () => {
    const graph = rowReader(0);
    const node = graph.nodes.find(({ opType }) => opType === "LSTM");
    node?.attribute.push(makeAttribute("activations", ["Sigmoid", "Cube", "Tanh", "Sigmoid", "Tanh", "Tanh"]));
    const path = savedModel(graph);
    await assert.rejects(loadModel(path, { preprocess }), { code: "bad-model" });
  });
});
