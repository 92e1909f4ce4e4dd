import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LoadOptions, loadModel } from "../../src/model/load.js";
import { type Constant, DataType, floats } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { colourModel, PURE, RED } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { assertClose, fails } from "../support/tensors.js";

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const zeroPoint = (type: DataType, value: number): Constant => ({
  type,
  dims: [],
  data: type === DataType.INT8 ? Int8Array.of(value) : Uint8Array.of(value),
});
const dequantised = (type: DataType, zero: number) => (g: Graph, x: string) =>
  g.op("DequantizeLinear", [x, floats(1 / 255), zeroPoint(type, zero)]);
const scaled = (g: Graph, x: string) => g.op("Mul", [g.op("Cast", [x], { to: DataType.FLOAT }), floats(1 / 255)]);

const MODELS: Readonly<Record<string, [type: DataType, begin: (g: Graph, x: string) => string, note: RegExp]>> = {
  "int8, dequantised": [DataType.INT8, dequantised(DataType.INT8, -128), /goes in as bytes − 128$/m],
  "int8, moved by arithmetic": [
    DataType.INT8,
    (g, x) => g.op("Mul", [g.op("Add", [g.op("Cast", [x], { to: 1 }), floats(128)]), floats(1 / 255)]),
    /goes in as bytes − 128$/m,
  ],
  "uint8, dequantised": [DataType.UINT8, dequantised(DataType.UINT8, 0), /goes in as bytes$/m],
  "uint8, cast": [DataType.UINT8, scaled, /goes in as bytes$/m],
  int32: [DataType.INT32, scaled, /goes in as bytes$/m],
  int64: [DataType.INT64, scaled, /goes in as bytes$/m],
  uint16: [DataType.UINT16, scaled, /goes in as bytes$/m],
};

describe("inputs of whole numbers", () => {
  for (const [name, [type, begin, note]] of Object.entries(MODELS)) {
    const path = savedModel(colourModel(undefined, { type, begin }));
    const open = (options: LoadOptions = {}) => loadModel(path, { threads: 1, ...options });
    it(`${name}: pictures go in as bytes`, async () => {
      for (const preprocess of [undefined, { mean: 0, std: 1 }, { resize: "letterbox" as const }]) {
        await using model = await open({ preprocess });
        const [{ index, probability }] = await model.predict(RED, { top: 1 });
        assert.equal(index, 0);
        assertClose([probability], [PURE], 1e-4);
        assert.match(model.info.notes.join("\n"), note);
      }
    });
    it(`${name}: fractions are refused`, async () => {
      await assert.rejects(
        open({ preprocess: IMAGENET }),
        fails("bad-config", /-2\.118 of a grey of 0.*whole numbers/),
      );
      await assert.rejects(
        open({ preprocess: { scale: 1 / 255 } }),
        fails("bad-config", /a grey of 1: expected whole/),
      );
      const half = { data: new Float32Array(3 * 1024).fill(0.5), dims: [1, 3, 32, 32] };
      await using made = await open({ preprocess: () => half });
      await assert.rejects(
        made.predict(RED),
        fails("bad-image", /the preprocess function gave holds 0\.5: expected whole/),
      );
      await using model = await open();
      await assert.rejects(model.predict(half), fails("bad-image", /the image holds 0\.5.*do not scale them/));
    });
  }

  it("values of the caller's that fit are taken as they are", async () => {
    const graph = colourModel(undefined, { type: DataType.INT8, begin: dequantised(DataType.INT8, -128) });
    const open = (options: LoadOptions) => loadModel(savedModel(graph), { threads: 1, ...options });
    await using model = await open({ preprocess: { scale: 1, mean: 128 } });
    assertClose([(await model.predict(RED))[0].probability], [PURE], 1e-4);
    await assert.rejects(open({ preprocess: { scale: 1 } }), fails("bad-config", /128 of a grey of 128.*-128 to 127/));
  });

  it("greys are rounded", async () => {
    const graph = colourModel(undefined, { classes: 1, type: DataType.UINT8, dims: ["n", 1, 32, 32], begin: scaled });
    await using model = await loadModel(savedModel(graph), { threads: 1 });
    const { tensor } = await model.prepare(RED);
    assert.deepEqual(new Set(tensor.data), new Set([76]));
  });
});

describe("channels", () => {
  const first = (g: Graph, x: string) => g.op("Transpose", [x], { perm: [0, 3, 1, 2] });
  const open = (graph: Graph, options: LoadOptions = {}) => loadModel(savedModel(graph), { threads: 1, ...options });

  it("RGBA: the alpha channel is opaque, in both layouts", async () => {
    for (const layout of ["nchw", "nhwc"] as const) {
      const dims = layout === "nchw" ? ["n", 4, 32, 32] : ["n", 32, 32, 4];
      const graph = colourModel(undefined, { classes: 4, dims, begin: layout === "nhwc" ? first : undefined });
      for (const preprocess of [undefined, { mean: 0, std: 1 }, { mean: [0, 0, 0], std: [1, 1, 1] }]) {
        await using model = await open(graph, { preprocess });
        assert.equal(model.info.input.layout, layout);
        const { tensor } = await model.prepare(RED);
        assertClose((await model.run(tensor)).data, [10, 0, 0, 10], 1e-5);
        const shown = await model.pixels(await model.prepare(tensor));
        assert.deepEqual([...shown.data.subarray(0, 3)], [255, 0, 0]);
        assertClose((await model.run(model.fill([0, 255, 0]))).data, [0, 10, 0, 10], 1e-5);
      }
    }
  });

  it("any number of them with a preprocess function, in both layouts", async () => {
    for (const channels of [2, 5]) {
      for (const layout of ["nchw", "nhwc"] as const) {
        const dims = layout === "nchw" ? ["n", channels, 32, 32] : ["n", 32, 32, channels];
        const graph = colourModel(undefined, { classes: channels, dims, begin: layout === "nhwc" ? first : undefined });
        await assert.rejects(
          open(graph),
          fails("not-a-classifier", /give a preprocess function that makes its channels/),
        );
        const preprocess = () => {
          const data = new Float32Array(channels * 1024);
          for (let p = 0; p < 1024; p++) data[layout === "nchw" ? p : p * channels] = 1;
          return { data, dims: dims.map((dim) => (dim === "n" ? 1 : Number(dim))) };
        };
        await using model = await open(graph, { preprocess });
        assert.equal(model.info.input.channels, channels);
        assert.equal((await model.predict(RED, { top: 1 }))[0].index, 0);
        assert.equal((await model.pixels(await model.prepare(RED))).data.length, 3 * 1024);
      }
    }
  });
});

describe("a file by Ultralytics", () => {
  const names = "{0: 'red', 1: 'green', 2: 'blue'}";
  it("is given pictures as Ultralytics prepares them, at the size it was exported for", async () => {
    const graph = colourModel((g, x) => g.op("Softmax", [x], { axis: 1 }), {
      dims: ["n", 3, "height", "width"],
      metadata: { task: "classify", names, imgsz: "[24, 32]", author: "Ultralytics" },
    });
    await using model = await loadModel(savedModel(graph), { threads: 1 });
    const { height, width } = model.info.input;
    assert.deepEqual([height, width], [24, 32]);
    const [{ label, probability }] = await model.predict(RED, { top: 1 });
    assert.equal(label, "red");
    assertClose([probability], [PURE], 1e-4);
    assert.match(model.info.notes.join("\n"), /as Ultralytics does \(ultralytics-classify\)/);
  });
  it("but the caller's way comes first", async () => {
    const graph = colourModel(undefined, { metadata: { task: "classify", names } });
    await using model = await loadModel(savedModel(graph), { threads: 1, preprocess: { mean: 1, std: 1 } });
    const { tensor } = await model.prepare(RED);
    assertClose((await model.run(tensor)).data, [0, -10, -10], 1e-5);
  });
});
