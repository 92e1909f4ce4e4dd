import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type LoadOptions, loadModel } from "../../src/model/load.js";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { AttributeProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";
import { colourModel, PURE, plain, RED } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { assertClose, fails } from "../support/tensors.js";

type Ends = Readonly<Record<string, (graph: Graph, logits: string) => string>>;

const weights = (from: number, to: number) =>
  floats(
    Float32Array.from({ length: from * to }, (_, i) => Math.sin(i + 1)),
    [from, to],
  );
const linear = (classes: number) => (g: Graph, x: string) => g.op("MatMul", [x, weights(3, classes)]);
const softmax = (g: Graph, x: string) => g.op("Softmax", [x], { axis: 1 });

/** A colour model with more outputs, in the order given; "out" are its logits. */
function outputs(ends: Ends, order = [...Object.keys(ends), "out"], metadata = {}): Graph {
  const graph = colourModel(undefined, { metadata });
  const logits = graph.producer("out")?.input[0] as string;
  for (const [name, end] of Object.entries(ends)) {
    const made = end(graph, logits);
    graph.addNode("Identity", [made], {}, { outputs: [name] });
    graph.addOutput(name, undefined);
  }
  graph.setOutputs(
    order.map((name) => graph.outputs.find((port) => port.name === name) ?? { name, type: 1, dims: [] }),
  );
  return graph;
}

const open = (graph: Graph, options: LoadOptions = {}) =>
  loadModel(savedModel(graph), { threads: 1, preprocess: { mean: 0, std: 1 }, ...options });

async function predicts(graph: Graph, options: LoadOptions, expected: [string, number], note?: RegExp) {
  await using model = await open(graph, options);
  const [{ label, probability }] = await model.predict(RED, { top: 1 });
  assert.equal(label, expected[0]);
  assertClose([probability], [expected[1]], 1e-3);
  if (note) assert.match(model.info.notes.join("\n"), note);
}

describe("of several outputs", () => {
  const two = { embedding: linear(16) };
  const three = {
    boxes: linear(4),
    landmarks: linear(10),
    faces: (g: Graph, x: string) => softmax(g, linear(2)(g, x)),
  };

  it("the one that fits the labels has the scores", async () => {
    const note = /the scores are the output 'out' \[3\], not 'embedding' \[16\]: output chooses another/;
    await predicts(outputs(two), { labels: ["r", "g", "b"] }, ["r", PURE], note);
    const named = outputs(two, undefined, { names: "{0: 'r', 1: 'g', 2: 'b'}" });
    await predicts(named, {}, ["r", PURE], note);
  });

  it("the one that ends in a softmax has them, where there are no labels", async () => {
    await using model = await open(outputs(three, ["boxes", "landmarks", "faces"]));
    assert.equal(model.info.classes, 2);
    assert.match(model.info.notes.join("\n"), /'faces' \[2\], not 'boxes' \[4\], 'landmarks' \[10\]/);
    const sum = (await model.predict(RED)).reduce((all, { probability }) => all + probability, 0);
    assertClose([sum], [1], 1e-5);
  });

  it("the one that is computed from the others has them, where nothing ends in a softmax", async () => {
    const graph = colourModel((g, x) => linear(5)(g, g.addNode("Relu", [x], {}, { outputs: ["features"] })[0]), {
      classes: 5,
    });
    graph.setOutputs([{ name: "features", type: DataType.FLOAT, dims: ["n", 3] }, ...graph.outputs]);
    await using model = await open(graph);
    assert.equal(model.info.classes, 5);
  });

  it("where nothing tells, they are listed", async () => {
    await assert.rejects(
      open(outputs(two)),
      fails("not-a-classifier", /several outputs could be the scores: 'embedding' \[16\], 'out' \[3\]: .*output/),
    );
    await assert.rejects(open(outputs({ a: softmax, b: softmax }, ["a", "b"])), fails("not-a-classifier", /'a'.*'b'/));
  });

  it("output says which, by name or index", async () => {
    await predicts(outputs(two), { output: "out" }, ["class 0", PURE]);
    await predicts(outputs(two), { output: 1 }, ["class 0", PURE]);
    await predicts(outputs(two), { output: "1" }, ["class 0", PURE]);
    await predicts(outputs({ 0: linear(16) }, ["out", "0"]), { output: "out" }, ["class 0", PURE]);
    await using named = await open(outputs({ 0: linear(16) }, ["out", "0"]), { output: "0" });
    assert.equal(named.info.classes, 16);
    await using embedding = await open(outputs(two), { output: 0 });
    assert.equal(embedding.info.classes, 16);
  });

  it("output is refused where it names none, or none with scores", async () => {
    await assert.rejects(open(outputs(two), { output: "embeding" }), fails("bad-config", /did you mean 'embedding'/));
    await assert.rejects(open(outputs(two), { output: 2 }), fails("index-out-of-range", /0 to 1: embedding, out/));
    await assert.rejects(open(outputs(two), { output: 0.5 }), fails("index-out-of-range"));
    await assert.rejects(open(outputs(two), { output: null as never }), fails("bad-config", /unknown output 'null'/));
    const grid = { grid: (g: Graph, x: string) => g.op("Reshape", [linear(16)(g, x), ints([-1, 4, 4])]) };
    await assert.rejects(open(outputs(grid), { output: "grid" }), fails("not-a-classifier", /'grid' does not hold/));
    await predicts(outputs(grid), {}, ["class 0", PURE]);
    const postprocess = () => [1, 2];
    await assert.rejects(open(outputs(two), { output: 1, postprocess }), fails("bad-config", /both/));
  });
});

describe("scores lie", () => {
  const shapes: Record<string, readonly number[]> = {
    "[n, 1, c]": [-1, 1, 3],
    "[n, c, 1]": [-1, 3, 1],
    "[n, c, 1, 1]": [-1, 3, 1, 1],
    "[n, 1, 1, c]": [-1, 1, 1, 3],
  };
  for (const [name, shape] of Object.entries(shapes))
    it(name, async () => {
      const graph = colourModel((g, x) => g.op("Reshape", [x, ints(shape)]));
      await predicts(graph, {}, ["class 0", PURE]);
      await using model = await open(graph);
      const { data } = await model.run({
        data: new Float32Array(2 * 3 * 1024).fill(0.5, 0, 1024),
        dims: [2, 3, 32, 32],
      });
      assertClose(data, [5, 0, 0, 0, 0, 0], 1e-4);
    });

  it("[1, 1, c] with a batch that is written into the file", async () => {
    const graph = colourModel((g, x) => g.op("Reshape", [x, ints([1, 1, 3])]), { dims: [1, 3, 32, 32] });
    graph.setOutputs([{ name: "out", type: DataType.FLOAT, dims: [1, 1, 3] }]);
    await predicts(graph, {}, ["class 0", PURE]);
  });
});

describe("where a graph keeps only its best classes", () => {
  const blue = plain([0, 0, 255]);
  const kept = (end: (graph: Graph, logits: string) => void, names: readonly string[]) => {
    const graph = colourModel();
    end(graph, graph.producer("out")?.input[0] as string);
    graph.setOutputs(names.map((name) => ({ name, type: DataType.UNDEFINED, dims: undefined })));
    graph.prune();
    return graph;
  };
  const topK = (g: Graph, x: string) =>
    g.addNode("TopK", [x, ints([2])], { axis: 1 }, { outputs: ["values", "indices"] });
  const argMax = (g: Graph, x: string) => g.addNode("ArgMax", [x], { axis: 1, keepdims: 0 }, { outputs: ["label"] });
  const cases: Record<string, [Graph, RegExp]> = {
    "TopK's values and indices": [kept(topK, ["values", "indices"]), /'values' keeps only .* before its TopK/],
    "TopK's indices": [kept(topK, ["indices"]), /before its TopK/],
    ArgMax: [kept(argMax, ["label"]), /'label' keeps only the best classes: all scores are read before its ArgMax/],
  };
  for (const [name, [graph, note]] of Object.entries(cases))
    it(`the scores before it are read: ${name}`, async () => {
      await using model = await open(graph);
      const [{ index, probability }] = await model.predict(blue, { top: 1 });
      assert.deepEqual([index, model.info.classes], [2, 3]);
      assertClose([probability], [PURE], 1e-3);
      assert.match(model.info.notes.join("\n"), note);
    });

  it("a ZipMap's input has the scores and its keys are the labels", async () => {
    const zipMap = (labels: readonly string[] | readonly number[]) =>
      kept(
        (g, x) => {
          argMax(g, x);
          const p = softmax(g, x);
          g.addNode("ZipMap", [p], {}, { outputs: ["probs"], domain: "ai.onnx.ml" });
          g.model.opsetImport.push({ ...g.model.opsetImport[0], domain: "ai.onnx.ml", version: 3n });
          g.producer("probs")?.attribute.push(
            typeof labels[0] === "number"
              ? create(AttributeProtoSchema, { name: "classlabels_int64s", type: 7, ints: labels.map(BigInt) })
              : create(AttributeProtoSchema, {
                  name: "classlabels_strings",
                  type: 8,
                  strings: labels.map((label) => new TextEncoder().encode(String(label))),
                }),
          );
        },
        ["label", "probs"],
      );
    for (const [labels, first] of [
      [["rot", "grün", "blau"], "rot"],
      [[7, 8, 9], "7"],
    ] as const) {
      await using model = await open(zipMap(labels));
      assert.deepEqual(model.labels, labels.map(String));
      const [{ label, probability }] = await model.predict(RED, { top: 1 });
      assert.equal(label, first);
      assertClose([probability], [PURE], 1e-3);
      assert.equal(model.info.activation, "softmax");
    }
    await using renamed = await open(zipMap([0, 1, 2]), { labels: ["r", "g", "b"] });
    assert.deepEqual(renamed.labels, ["r", "g", "b"]);
  });
});
