import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, describe, it } from "node:test";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { inputGradient } from "../../src/model/input-gradient.js";
import { SessionHost } from "../../src/model/session.js";
import { type Constant, DataType, floats } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";
import { pattern } from "../support/pattern.js";

const host = new SessionHost();
after(() => host.close());

const preprocess = { mean: 0, std: 1 };

async function gradientOf(path: string, target: number, side = 16) {
  await using model = await loadModel(path, { preprocess });
  const { tensor } = await model.prepare(pattern(side));
  const { data } = await inputGradient(model, tensor, { target });
  return { data, tensor, layers: model.layers(), methods: model.info.methods, scores: (await model.run(tensor)).data };
}

const scalar = (value: number): Constant => ({ type: DataType.FLOAT, dims: [], data: Float32Array.of(value) });

/** One score a channel, 10 times its mean, of what is made of the picture. */
function means(make: (graph: Graph, image: string) => string, type = DataType.FLOAT): string {
  const graph = Graph.empty("means", 17);
  graph.addInput("image", ["n", 3, 16, 16], type);
  const made = make(graph, "image");
  const mean = graph.op("Flatten", [graph.op("GlobalAveragePool", [made])], { axis: 1 });
  graph.addNode("Mul", [mean, scalar(10)], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  return savedModel(graph);
}

const EACH = 10 / 256;

describe("gradients behind rounding and integers", () => {
  for (const form of ["qdq", "qoperator", "dynamic"]) {
    it(`are those of the network before it was quantised (${form})`, async () => {
      const plain = await gradientOf(fixture("quantised/float.onnx"), 1);
      const quantised = await gradientOf(fixture(`quantised/${form}.onnx`), 1);
      const alike = pearson(quantised.data, plain.data);
      assert.ok(alike > 0.97, `${alike}`);
      const sizes = [plain, quantised].map(({ data }) => Math.hypot(...data));
      assert.ok(Math.abs(sizes[1] / sizes[0] - 1) < 0.1, `${sizes}`);
    });

    it(`every map says that its network is quantised (${form})`, async () => {
      await using model = await loadModel(fixture(`quantised/${form}.onnx`), { preprocess });
      const { provenance } = await explain(model, pattern(16), { method: "gradient", targets: 1 });
      assert.ok(
        provenance.notes.some((note) => note.startsWith("the model is quantised: ")),
        `${provenance.notes}`,
      );
    });
  }

  it("a network of quantised operators answers as the runtime does, has layers, and CAMs of real values", async () => {
    const plain = await gradientOf(fixture("quantised/qdq.onnx"), 1);
    const quantised = await gradientOf(fixture("quantised/qoperator.onnx"), 1);
    const session = await host.open(Graph.parse(await readFile(fixture("quantised/qoperator.onnx"))));
    const x: Constant = { type: DataType.FLOAT, ...quantised.tensor };
    const file = (await session.run({ x }, ["logits"])).get("logits")?.data as Float32Array;
    quantised.scores.forEach((score, i) => {
      assert.ok(Math.abs(score - file[i]) < 1e-5, `${score} where the file gives ${file[i]}`);
    });
    const convolutions = quantised.layers.filter(({ kind }) => kind === "feature-map");
    assert.ok(convolutions.length >= 4);
    const supported = (of: typeof plain) => of.methods.filter((one) => one.supported).map((one) => one.method);
    assert.deepEqual(supported(quantised), supported(plain));
    const maps = [];
    for (const form of ["float", "qoperator"]) {
      await using model = await loadModel(fixture(`quantised/${form}.onnx`), { preprocess });
      const layer = model.layers().find(({ shape }) => shape[1] === 16 && shape[2] === 8)?.name;
      const explained = await explain(model, pattern(16), { method: "grad-cam", targets: 1, targetLayer: layer });
      maps.push(explained.map().data);
    }
    assert.ok(pearson(maps[1], maps[0]) > 0.97, `${pearson(maps[1], maps[0])}`);
  });

  for (const type of [DataType.UINT8, DataType.INT32, DataType.INT64]) {
    it(`go into a picture of ${DataType[type]}`, async () => {
      const path = means((graph, image) => graph.op("Cast", [image], { to: DataType.FLOAT }), type);
      const { data } = await gradientOf(path, 0);
      data.forEach((value, i) => {
        assert.ok(Math.abs(value - (i < 256 ? EACH : 0)) < 1e-6);
      });
    });
  }

  it("go through FakeQuantize as OpenVINO writes it, values on its bounds included", async () => {
    await using model = await loadModel(fixture("quantised/fq-softmax.xml"), { preprocess });
    const white = { data: new Uint8Array(32 * 32 * 3).fill(255), width: 32, height: 32 };
    const { tensor } = await model.prepare(white);
    const { data } = await inputGradient(model, tensor, { target: 0 });
    for (const value of data.subarray(0, 1024)) assert.ok(Math.abs(value - 10 / 1024) < 1e-6);
  });

  it("axes may be computed from shapes", async () => {
    const { data } = await gradientOf(fixture("quantised/fp16.xml"), 0, 32);
    assert.ok(Math.abs(Math.max(...data) - 10 / 1024) < 1e-6);
  });

  it("go straight through rounding that is written out", async () => {
    const path = means((graph, image) =>
      graph.op("Mul", [graph.op("Round", [graph.op("Mul", [image, scalar(20)])]), scalar(1 / 20)]),
    );
    const { data } = await gradientOf(path, 2);
    assert.ok(Math.abs(data[2 * 256] - EACH) < 1e-6);
  });

  const steps: Record<string, (graph: Graph, image: string) => string> = {
    Floor: (graph, image) => graph.op("Floor", [image]),
    Greater: (graph, image) => graph.op("Cast", [graph.op("Greater", [image, scalar(0.5)])], { to: DataType.FLOAT }),
    Cast: (graph, image) =>
      graph.op("Cast", [graph.op("Cast", [graph.op("Mul", [image, scalar(9)])], { to: DataType.INT32 })], {
        to: DataType.FLOAT,
      }),
    Sign: (graph, image) => graph.op("Sign", [image]),
  };
  for (const [operator, make] of Object.entries(steps)) {
    it(`${operator} lets nothing through: that is said, and no map of zeros is given`, async () => {
      await using model = await loadModel(means(make), { preprocess });
      await assert.rejects(explain(model, pattern(16), { method: "gradient", targets: 0 }), (error) => {
        const { code, message } = error as { code: string; message: string };
        assert.equal(code, "unsupported-operator");
        assert.match(message, new RegExp(`only through ${operator} at`));
        assert.match(message, /recipro-cam/);
        return true;
      });
    });
  }
});

describe("models that draw random numbers say so", () => {
  const drawing: Record<string, (graph: Graph, image: string) => string> = {
    RandomNormalLike: (graph, image) => graph.op("Add", [image, graph.op("RandomNormalLike", [image])]),
    RandomUniformLike: (graph, image) => graph.op("Add", [image, graph.op("RandomUniformLike", [image])]),
    Bernoulli: (graph, image) =>
      graph.op("Mul", [image, graph.op("Bernoulli", [graph.op("Clip", [image, scalar(0), scalar(1)])])]),
    Dropout: (graph, image) => {
      const training: Constant = { type: DataType.BOOL, dims: [], data: Uint8Array.of(1) };
      return graph.op("Dropout", [image, scalar(0.5), training]);
    },
  };
  for (const [operator, make] of Object.entries(drawing)) {
    it(operator, async () => {
      await using model = await loadModel(means(make), { preprocess });
      const { provenance } = await explain(model, pattern(16), { method: "occlusion" });
      for (const notes of [model.info.notes, provenance.notes]) {
        assert.ok(
          notes.some((note) => note.includes(`draws random numbers (${operator} at`)),
          notes.join("\n"),
        );
      }
    });
  }

  it("and those that do not do not", async () => {
    const idle: Constant = { type: DataType.BOOL, dims: [], data: Uint8Array.of(0) };
    const path = means((graph, image) => graph.op("Dropout", [image, floats(0.5), idle]));
    await using model = await loadModel(path, { preprocess });
    assert.ok(!model.info.notes.some((note) => note.includes("random")));
  });
});
