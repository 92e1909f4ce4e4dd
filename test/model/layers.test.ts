import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { random } from "../../src/core/random.js";
import { sizeOf, type Tensor } from "../../src/core/tensor.js";
import { supportOf } from "../../src/methods/registry.js";
import { loadModel } from "../../src/model/load.js";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { assertClose, noise, zeros } from "../support/tensors.js";

const open = (graph: Graph, options = {}, host = {}) => loadModel(savedModel(graph), { threads: 1, ...options }, host);
const { normal } = random(5);
const weight = (...dims: number[]) =>
  floats(
    Float32Array.from({ length: sizeOf(dims) }, () => normal() / 4),
    dims,
  );

function start(layout: "nchw" | "nhwc" = "nchw", batch: number | string = "n"): Graph {
  const graph = Graph.empty("net", 17);
  graph.addInput("image", layout === "nchw" ? [batch, 3, 16, 16] : [batch, 16, 16, 3]);
  return graph;
}

function finish(graph: Graph, logits: string, batch: number | string = "n"): Graph {
  graph.addNode("Identity", [logits], {}, { outputs: ["scores"] });
  graph.addOutput("scores", [batch, 4]);
  return graph;
}

/** Every layer, masked with ones, gives back the scores; masked with zeros, something else for the best one. */
async function assertHeads(graph: Graph): Promise<void> {
  await using model = await open(graph);
  const { layout } = model.info.input;
  const input = noise(layout === "nchw" ? [1, 3, 16, 16] : [1, 16, 16, 3]);
  for (const { name, shape, geometry } of model.layers()) {
    const { scores, activations } = await model.observe(input, { layers: [name] });
    const delta = activations.get(name) as Tensor;
    const cells = geometry.height * geometry.width;
    const data = new Float32Array(2 * cells).fill(1, 0, cells);
    const found = await model.masked({
      layer: name,
      base: zeros(shape),
      delta,
      count: 2,
      masks: { kind: "dense", data },
    });
    assertClose(found.data.slice(0, 4), scores.data, 1e-5);
    if (name === model.layers()[0].name) assert.notDeepEqual(found.data.slice(4), found.data.slice(0, 4));
  }
}

describe("layers", () => {
  it("leaves out branches, gates and pooled maps: every path must pass through a layer", async () => {
    const graph = start();
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    graph.addNode("Conv", ["image", weight(6, 3, 3, 3)], attributes, { outputs: ["trunk"] });
    graph.addNode("Relu", ["trunk"], {}, { outputs: ["left"] });
    graph.addNode("Sigmoid", ["trunk"], {}, { outputs: ["right"] });
    const gate = graph.op("Sigmoid", [graph.op("GlobalAveragePool", ["left"])], {}, "gate");
    graph.addNode("Mul", ["left", gate], {}, { outputs: ["gated"] });
    graph.addNode("Concat", ["gated", "right"], { axis: 1 }, { outputs: ["joined"] });
    const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", ["joined"], {}, "pooled")], { axis: 1 });
    finish(graph, graph.op("Gemm", [flat, weight(12, 4)]));
    await using model = await open(graph);
    assert.deepEqual(
      model.layers().map(({ name, operator }) => [name, operator]),
      [
        ["joined", "Concat"],
        ["trunk", "Conv"],
      ],
    );
    assert.deepEqual(model.layers()[0].geometry, { layout: "nchw", channels: 12, height: 8, width: 8, offset: 0 });
    await assertHeads(graph);
  });

  it("knows channels-last maps inside, and pools their masks", async () => {
    const graph = start();
    const patches = graph.op("Conv", ["image", weight(6, 3, 4, 4)], { kernel_shape: [4, 4], strides: [4, 4] });
    graph.addNode("Transpose", [patches], { perm: [0, 2, 3, 1] }, { outputs: ["last"] });
    graph.addNode("MatMul", ["last", weight(6, 5)], {}, { outputs: ["mixed"] });
    graph.addNode("Relu", ["mixed"], {}, { outputs: ["active"] });
    const pooled = graph.op("ReduceMean", ["active"], { axes: [1, 2], keepdims: 0 });
    finish(graph, graph.op("Gemm", [pooled, weight(5, 4)]));
    await using model = await open(graph);
    const byName = Object.fromEntries(model.layers().map(({ name, geometry }) => [name, geometry]));
    assert.equal(model.layers()[0].name, "active");
    for (const name of ["active", "mixed", "last"]) assert.equal(byName[name].layout, "nhwc");
    assert.deepEqual([byName.active.channels, byName.last.channels, byName.active.height], [5, 6, 4]);
    await assertHeads(graph);
  });

  it("of a transformer that reads its class token, the last tokens that attention still mixes come first", async () => {
    await using model = await open(tinyVit());
    const names = model.layers().map(({ name }) => name);
    assert.equal(names[0], "block1");
    assert.ok(names.indexOf("normed") > names.indexOf("block0"));
  });

  it("of a transformer that averages its tokens, the last tokens of all come first; registers are counted", async () => {
    const graph = start();
    const patches = graph.op("Conv", ["image", weight(6, 3, 4, 4)], { kernel_shape: [4, 4], strides: [4, 4] });
    const rows = graph.op("Transpose", [graph.op("Reshape", [patches, ints([0, 6, -1])])], { perm: [0, 2, 1] });
    const count = graph.op("Slice", [graph.op("Shape", ["image"]), ints([0]), ints([1])]);
    const registers = graph.op("Expand", [weight(1, 3, 6), graph.op("Concat", [count, ints([3, 6])], { axis: 0 })]);
    graph.addNode("Concat", [registers, rows], { axis: 1 }, { outputs: ["tokens"] });
    graph.addNode("MatMul", ["tokens", weight(6, 6)], {}, { outputs: ["final"] });
    const pooled = graph.op("ReduceMean", ["final"], { axes: [1], keepdims: 0 });
    finish(graph, graph.op("Gemm", [pooled, weight(6, 4)]));
    await using model = await open(graph);
    const [best] = model.layers();
    assert.deepEqual([best.name, best.kind, best.shape], ["final", "tokens", [1, 19, 6]]);
    assert.deepEqual(best.geometry, { layout: "tokens", channels: 6, height: 4, width: 4, offset: 3 });
    await assertHeads(graph);
  });

  it("attention between channels is none between tokens, though a square matrix of as many rows (XCiT, DaViT)", async () => {
    const attentionsOf = async (over: "tokens" | "channels") => {
      const graph = start();
      const patches = graph.op("Conv", ["image", weight(16, 3, 4, 4)], { kernel_shape: [4, 4], strides: [4, 4] });
      const tokens = graph.op("Transpose", [graph.op("Reshape", [patches, ints([0, 16, -1])])], { perm: [0, 2, 1] });
      const queries = graph.op("Reshape", [graph.op("MatMul", [tokens, weight(16, 16)]), ints([0, 16, 1, 16])]);
      const [rows, columns, after] = over === "tokens" ? [1, 3, [0, 2, 1, 3]] : [3, 1, [0, 3, 1, 2]];
      const heads = (row: number, column: number) => graph.op("Transpose", [queries], { perm: [0, 2, row, column] });
      const products = graph.op("MatMul", [heads(rows, columns), heads(columns, rows)]);
      graph.addNode("Softmax", [products], { axis: -1 }, { outputs: ["attention"] });
      const kept = graph.op("Identity", ["attention"]);
      const mixed = graph.op("Transpose", [graph.op("MatMul", [kept, heads(rows, columns)])], { perm: after });
      graph.addNode("Reshape", [mixed, ints([0, 16, 16])], {}, { outputs: ["out"] });
      const pooled = graph.op("ReduceMean", ["out"], { axes: [1], keepdims: 0 });
      finish(graph, graph.op("Gemm", [pooled, weight(16, 4)]));
      await using model = await open(graph, {}, { support: supportOf });
      const { attentions, methods } = model.info;
      const supports = (name: string) => methods.find(({ method }) => method === name)?.supported;
      assert.equal(supports("attention-rollout"), over === "tokens");
      assert.ok(supports("attn-lrp"));
      return attentions;
    };
    assert.deepEqual(await attentionsOf("tokens"), ["attention"]);
    assert.deepEqual(await attentionsOf("channels"), []);
  });

  it("a network without rows and columns inside has none", async () => {
    const graph = start();
    finish(graph, graph.op("Gemm", [graph.op("Flatten", ["image"]), weight(768, 4)]));
    await using model = await open(graph);
    assert.deepEqual(model.layers(), []);
  });
});

describe("inputs and outputs of other kinds", () => {
  it("a picture of bytes, scores of 64 bits with axes of one behind them", async () => {
    const graph = start("nhwc");
    graph.setInputs([{ ...graph.inputs[0], type: DataType.UINT8 }]);
    const image = graph.op("Transpose", [graph.op("Cast", ["image"], { to: DataType.FLOAT })], { perm: [0, 3, 1, 2] });
    const maps = graph.op("Conv", [image, weight(4, 3, 1, 1)], { kernel_shape: [1, 1] });
    const pooled = graph.op("GlobalAveragePool", [maps]);
    graph.addNode("Cast", [pooled], { to: DataType.DOUBLE }, { outputs: ["scores"] });
    graph.addOutput("scores", ["n", 4, 1, 1], DataType.DOUBLE);
    await using model = await open(graph);
    assert.match(model.info.notes.join(), /goes in as bytes/);
    assert.deepEqual([model.info.inputs[0].type, model.info.classes], ["uint8", 4]);
    const data = Uint8Array.from({ length: 768 }, (_, i) => i % 256);
    const [first] = await model.predict({ data, width: 16, height: 16 });
    const { tensor } = await model.prepare({ data, width: 16, height: 16 });
    assert.deepEqual([...tensor.data.slice(0, 6)], [0, 1, 2, 3, 4, 5]);
    const scores = await model.run({ data: new Float32Array([...tensor.data, ...tensor.data]), dims: [2, 16, 16, 3] });
    assert.deepEqual(scores.data.slice(0, 4), scores.data.slice(4));
    assert.equal(scores.data.indexOf(Math.max(...scores.data)), first.index);
  });

  it("a grey picture, scores without a batch, a batch that is squeezed away and sizes of Resize", async () => {
    const graph = Graph.empty("grey", 17);
    graph.addInput("image", [1, 1, 16, 16]);
    const maps = graph.op("Conv", ["image", weight(4, 1, 3, 3)], { kernel_shape: [3, 3] });
    const small = graph.op("Resize", [maps, "", "", ints([1, 4, 7, 7])], { mode: "linear" });
    graph.addNode("Squeeze", [graph.op("GlobalAveragePool", [small])], {}, { outputs: ["scores"] });
    graph.addOutput("scores", [4]);
    await using model = await open(graph);
    assert.deepEqual([model.info.input.channels, model.info.classes], [1, 4]);
    assert.ok(!model.info.notes.some((note) => /one image at a time/.test(note)), model.info.notes.join());
    const input = noise([3, 1, 16, 16]);
    const all = await model.run(input);
    const one = await model.run({ data: input.data.slice(512), dims: [1, 1, 16, 16] });
    assertClose(one.data, all.data.slice(8), 1e-6);
    const picture = { data: Uint8Array.from({ length: 768 }, () => 100), width: 16, height: 16 };
    const { data } = await model.pixels(await model.prepare(picture));
    assert.deepEqual(Uint8Array.from(data), picture.data);
  });

  it("one score is one class with a sigmoid", async () => {
    const graph = tinyCnn({ classes: 1 });
    await using model = await open(graph, { labels: ["boat"] });
    assert.deepEqual([model.info.classes, model.info.probabilities], [1, "sigmoid"]);
    const input = noise([1, 3, 32, 32]);
    const [{ probability }] = await model.predict(input);
    const [score] = (await model.run(input)).data;
    assertClose([probability], [1 / (1 + Math.exp(-score))], 1e-6);
  });
});
