import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { floats } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { inHalfPrecision } from "../support/half-precision.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";

const SIDE = 32;
const picture: RawImage = {
  data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    return Math.hypot(x - 20, y - 12) < 8 ? [230, 90, 40][i % 3] : 90 + ((x * 7 + y * 13) % 40);
  }),
  width: SIDE,
  height: SIDE,
};
const preprocess = { mean: 0.5, std: 0.25 };

/** A network with the overlapping max-pool that the backward pass scatters through. */
function pooled(): Graph {
  const graph = Graph.empty("pooled", 17);
  graph.addInput("image", ["n", 3, SIDE, SIDE]);
  const weights = Float32Array.from({ length: 6 * 3 * 9 }, (_, i) => Math.sin(i * 1.7) / 4);
  const raw = graph.op("Conv", ["image", floats(weights, [6, 3, 3, 3])], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  const features = graph.addNode("MaxPool", [graph.op("Relu", [raw])], pool, { outputs: ["features"] })[0];
  const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", [features])], { axis: 1 });
  const head = Float32Array.from({ length: 6 * 4 }, (_, i) => Math.cos(i * 2.3));
  graph.addNode("MatMul", [flat, graph.addConstant(floats(head, [6, 4]), "head")], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 4]);
  return graph;
}

/** Methods that go on from what they compared: where values tie but for rounding, they go another way. */
const CHOOSES: readonly string[] = ["counterfactual", "contrastive", "feature-visualization", "guided-ig", "xrai"];

describe("half-precision models", () => {
  for (const [name, graph] of Object.entries({ tinyCnn: tinyCnn(), pooled: pooled(), tinyVit: tinyVit() })) {
    it(`${name} has the layers, methods and maps of float32`, async () => {
      await using wide = await loadModel(savedModel(graph), { preprocess });
      await using narrow = await loadModel(savedModel(inHalfPrecision(graph)), { preprocess });
      const names = (model: typeof wide) => model.layers().map((layer) => layer.name);
      assert.deepEqual(names(narrow), names(wide));
      const supported = ({ info }: typeof wide) => info.methods.filter((one) => one.supported).map((one) => one.method);
      assert.deepEqual(supported(narrow), supported(wide));
      for (const method of supported(wide) as "grad-cam"[]) {
        const options = { method, targets: 1, preset: "speed" as const };
        const [expected, given] = [await explain(wide, picture, options), await explain(narrow, picture, options)];
        const { data } = given.map();
        assert.equal(data.length, expected.map().data.length);
        const said = (one: typeof given) => one.provenance.notes.filter((note) => /16 bits/.test(note)).length;
        assert.deepEqual([said(given), said(expected)], [1, 0], `${method}: what it was computed in`);
        if (CHOOSES.includes(method)) continue;
        const alike = pearson(data, expected.map().data);
        const flat = new Set(expected.map().data).size === 1;
        assert.ok(flat || alike > 0.97, `${method}: ${alike}`);
      }
    });
  }
});

describe("the target layer of networks that read lines of text", () => {
  it("is the last map before pooling, however stretched", async () => {
    const graph = Graph.empty("line", 17);
    graph.addInput("line", ["n", 3, 48, 192]);
    let [tensor, inner] = ["line", 3];
    for (const [i, strides] of [
      [2, 2],
      [2, 1],
      [2, 1],
      [2, 1],
    ].entries()) {
      const weights = Float32Array.from({ length: 4 * inner * 9 }, (_, k) => Math.sin(k + i));
      const options = { kernel_shape: [3, 3], strides, pads: [1, 1, 1, 1] };
      const raw = graph.op("Conv", [tensor, floats(weights, [4, inner, 3, 3])], options);
      tensor = graph.addNode("Relu", [raw], {}, { outputs: [`relu${i}`] })[0];
      inner = 4;
    }
    const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", [tensor])], { axis: 1 });
    const head = Float32Array.from({ length: 12 }, (_, k) => Math.cos(k));
    graph.addNode("MatMul", [flat, graph.addConstant(floats(head, [4, 3]), "head")], {}, { outputs: ["scores"] });
    graph.addOutput("scores", ["n", 3]);
    await using model = await loadModel(savedModel(graph), { preprocess });
    const [{ name, geometry }] = model.layers();
    assert.equal(name, "relu3");
    assert.deepEqual([geometry.height, geometry.width], [3, 96]);
  });
});
