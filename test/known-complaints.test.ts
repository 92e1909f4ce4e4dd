import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explain } from "../src/explain/explain.js";
import { METHODS, type MethodName } from "../src/methods/registry.js";
import { loadModel } from "../src/model/load.js";
import { floats, ints } from "../src/onnx/constant.js";
import { Graph } from "../src/onnx/graph.js";
import { visualize } from "../src/render/visualize.js";
import { savedModel, tinyCnn, tinyVit } from "./support/models.js";
import { assertClose, fails, noise } from "./support/tensors.js";

const options = { preprocess: { mean: 0, std: 1 }, threads: 1 } as const;
const open = (graph: Graph, more: object = {}) => loadModel(savedModel(graph), { ...options, ...more });

/** A picture of 24 × 48 whose score is the brightness of a block at the right end, lower half; class 1 is constant. */
function wide(last: "none" | "constant" = "none"): Graph {
  const graph = Graph.empty("wide", 17);
  const [height, width] = [24, 48];
  graph.addInput("image", ["n", 3, height, width]);
  const seen = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    return last === "none" && x >= 36 && x < 44 && y >= 14 && y < 22 ? 1 / 192 : 0;
  });
  const product = graph.op("Mul", ["image", floats(seen, [1, 3, height, width])]);
  const axes = { axes: [1, 2, 3], keepdims: 0 };
  const sum = graph.op("Reshape", [graph.op("ReduceMean", [product], axes), ints([-1, 1])]);
  const scores = graph.op("MatMul", [sum, floats([10 * 3 * height * width, 0], [1, 2])]);
  graph.addNode("Add", [scores, floats([0, 0.5])], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 2]);
  return graph;
}

const parts = { segments: "grid", count: 50, fill: "black" };
const OWN: Partial<Record<MethodName, object>> = {
  occlusion: { window: 8, stride: 4, fill: "black" },
  lime: parts,
  "kernel-shap": parts,
};

/** What users of other explainers complain about. */
describe("known complaints", () => {
  const picture = { data: new Uint8Array(24 * 48 * 3).fill(255), width: 48, height: 24 };

  for (const method of ["occlusion", "rise", "gp-rise", "lime", "kernel-shap", "sobol"] as const) {
    it(`a picture that is not square is explained where it is: ${method}`, async () => {
      await using model = await open(wide());
      const settings = { method, targets: 0, preset: "speed" as const, ...OWN[method] };
      const { x, y } = (await explain(model, picture, settings)).map().peak();
      assert.ok(x > 0.7 && x < 0.95 && y > 0.5 && y < 0.95, `peak at ${x}, ${y}`);
    });

    it(`nothing to explain gives an empty map, not a stretched one, and the figure says so: ${method}`, async () => {
      await using model = await open(wide("constant"));
      const settings = { method, targets: 0, preset: "speed" as const, ...OWN[method] };
      const explanation = await explain(model, picture, settings);
      const size = Math.max(...explanation.map().data.map(Math.abs));
      assert.ok(size < 1e-6, `values up to ${size}`);
      assert.match((await visualize(explanation)).alt, /flat|nothing|empty|no evidence/i);
    });
  }

  it("whether scores are probabilities is decided once, by the graph, never by their values", async () => {
    await using plain = await open(tinyCnn());
    const sums = { data: Float32Array.of(0.2, 0.3, 0.5, 0, 0, 9, -3, 1, 0, 2), dims: [2, 5] };
    const rows = plain.probabilities(sums).data;
    for (const row of [rows.slice(0, 5), rows.slice(5)]) {
      assertClose([row.reduce((sum, value) => sum + value, 0)], [1], 1e-6);
    }
    assertClose([rows[2] / rows[0]], [Math.exp(0.3)], 1e-5);
    await using many = await open(tinyCnn({ activation: "sigmoid" }));
    const high = { data: Float32Array.of(0.9, 0.8, 0.7, 0.1, 0.2), dims: [1, 5] };
    assert.deepEqual(many.probabilities(high).data, high.data);
  });

  it("a graph exported for one picture is run in batches", async () => {
    for (const graph of [tinyCnn({ batch: 1, baked: true }), tinyVit({ batch: 1, baked: true })]) {
      await using model = await open(graph);
      assert.equal(model.network.batch, undefined);
      assert.deepEqual((await model.run(noise([7, 3, 32, 32]))).dims, [7, 5]);
    }
  });

  it("a label that is not there is refused with the nearest one, never explained as another class", async () => {
    await using model = await open(tinyCnn(), { labels: ["tiger cat", "tabby", "lynx", "dog", "fox"] });
    const asked = explain(model, noise([1, 3, 32, 32]), { method: "recipro-cam", targets: "tigre cat" });
    await assert.rejects(asked, fails("unknown-label", /unknown label 'tigre cat'.*did you mean 'tiger cat'/));
  });

  it("a layer that is not there, or a method that does not suit, is refused and not replaced by another", async () => {
    await using model = await open(tinyCnn());
    const input = noise([1, 3, 32, 32]);
    for (const [method, { limits }] of Object.entries(METHODS)) {
      if (!("targetLayer" in limits)) continue;
      const asked = explain(model, input, { method: method as "recipro-cam", targetLayer: "no such layer" });
      await assert.rejects(asked, (error: { code?: string }) =>
        ["unknown-layer", "not-supported"].includes(String(error.code)),
      );
    }
    await assert.rejects(explain(model, input, { method: "vit-recipro-cam" }), fails("not-supported", /patch tokens/));
    const asked = explain(model, input, { method: "recipro-cam", targetLayer: "featurs" });
    await assert.rejects(asked, fails("unknown-layer", /did you mean 'features'/));
  });
});
