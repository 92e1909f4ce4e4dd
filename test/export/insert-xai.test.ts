import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { random } from "../../src/core/random.js";
import { explainDetection } from "../../src/explain/detection.js";
import { explain } from "../../src/explain/explain.js";
import { type InsertXaiOptions, insertXai } from "../../src/export/insert-xai.js";
import { loadDetector } from "../../src/model/detection/load-detector.js";
import { loadModel } from "../../src/model/load.js";
import { Graph } from "../../src/onnx/graph.js";
import { saliencyOutput } from "../../src/onnx/saliency-branch.js";
import { BLOBS, blobDetector, blobPicture } from "../support/blob-detector.js";
import { savedModel, temporaryFolder, tinyCnn, tinyVit } from "../support/models.js";

const preprocess = { mean: 0, std: 1 };
const options = { preprocess, threads: 1 };

function noise(count: number, size = 32, seed = 3) {
  const { normal } = random(seed);
  return { data: Float32Array.from({ length: count * 3 * size * size }, normal), dims: [count, 3, size, size] };
}

async function run(bytes: Uint8Array, { data, dims }: { data: Float32Array; dims: number[] }) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const outputs = await session.run({ [session.inputNames[0]]: new Tensor("float32", data, dims) });
  await session.release();
  return outputs;
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) <= tolerance, `value ${i}: ${found[i]} instead of ${expected[i]}`);
  }
}

const networks: [string, Graph, InsertXaiOptions["method"]][] = [
  ["a CNN", tinyCnn(), "recipro-cam"],
  ["a CNN of opset 11", tinyCnn({ opset: 11 }), "recipro-cam"],
  ["a CNN of opset 18", tinyCnn({ opset: 18 }), "recipro-cam"],
  ["a CNN with its batch written in", tinyCnn({ batch: 1, baked: true }), "recipro-cam"],
  ["a CNN", tinyCnn(), "activation-map"],
  ["a vision transformer", tinyVit(), "vit-recipro-cam"],
  ["a vision transformer with its batch written in", tinyVit({ batch: 1, baked: true }), "vit-recipro-cam"],
  ["a vision transformer", tinyVit(), "recipro-cam"],
  ["a vision transformer", tinyVit(), "activation-map"],
];

for (const [name, graph, method] of networks) {
  test(`${method} in ${name} (opset ${graph.opset()}) is what the method gives, for every class and image of a batch`, async () => {
    await using model = await loadModel(savedModel(graph), options);
    const bytes = await insertXai(model, { method, embedScaling: false });
    const images = noise(2);
    const { saliency_map: maps, ...others } = await run(bytes, images);
    assert.equal(maps.type, "float32");
    assert.deepEqual(maps.dims.slice(0, 2), [2, 5]);
    const scores = Object.values(others)[0];
    assertClose(scores.data as Float32Array, (await model.run(images)).data);
    const step = images.data.length / 2;
    for (const n of [0, 1]) {
      const image = { data: images.data.slice(n * step, (n + 1) * step), dims: [1, 3, 32, 32] };
      const explanation = await explain(model, image, { method: method as "recipro-cam", targets: "all" });
      const cells = maps.dims[2] * maps.dims[3];
      for (let k = 0; k < 5; k++) {
        const from = (n * 5 + k) * cells;
        assertClose((maps.data as Float32Array).slice(from, from + cells), explanation.map(k).data);
      }
    }
  });
}

test("with a head of mean and linear layer, Recipro-CAM is the class activation map plus the bias, in closed form", async () => {
  const graph = tinyCnn();
  await using model = await loadModel(savedModel(graph), options);
  const image = noise(1);
  const { saliency_map: maps } = await run(
    await insertXai(model, { method: "recipro-cam", embedScaling: false }),
    image,
  );
  const features = (await model.observe(image, { layers: ["features"] })).activations.get("features");
  const gemm = graph.nodes.find(({ opType }) => opType === "Gemm");
  const [weight, bias] = [1, 2].map((i) => graph.constant(gemm?.input[i] ?? "")?.data as Float32Array);
  const expected = Float32Array.from({ length: 5 * 64 }, (_, i) => {
    const [k, cell] = [Math.floor(i / 64), i % 64];
    let sum = bias[k];
    for (let c = 0; c < 6; c++) sum += (weight[k * 6 + c] * (features?.data[c * 64 + cell] ?? Number.NaN)) / 64;
    return sum;
  });
  assertClose(maps.data as Float32Array, expected);
});

test("scaled maps are bytes from 0 to 255, each by its own range", async () => {
  await using model = await loadModel(savedModel(tinyCnn()), options);
  const image = noise(1);
  const raw = (await run(await insertXai(model, { method: "recipro-cam", embedScaling: false }), image)).saliency_map;
  const bytes = (await run(await insertXai(model, { method: "recipro-cam" }), image)).saliency_map;
  assert.equal(bytes.type, "uint8");
  const cells = raw.dims[2] * raw.dims[3];
  for (let k = 0; k < 5; k++) {
    const map = Array.from((raw.data as Float32Array).slice(k * cells, (k + 1) * cells));
    const [low, high] = [Math.min(...map), Math.max(...map)];
    const scaled = Array.from((bytes.data as Uint8Array).slice(k * cells, (k + 1) * cells));
    assert.equal(Math.min(...scaled), 0);
    assert.ok(Math.max(...scaled) >= 254);
    assertClose(
      scaled,
      map.map((value) => ((value - low) / (high - low)) * 255),
      1.01,
    );
  }
});

test("a detector's class maps are what the method gives", async () => {
  const load = { task: "detection", labels: [...BLOBS], preprocess: { resize: "letterbox" }, threads: 1 } as const;
  await using model = await loadDetector(savedModel(blobDetector("head")), load);
  const picture = blobPicture([{ x: 60, y: 28, radius: 11, colour: "green" }]);
  const explanation = await explainDetection(model, picture, { method: "det-class-probability-map" });
  const { tensor } = await model.prepare(picture);
  const bytes = await insertXai(model, { method: "det-class-probability-map", embedScaling: false });
  const { saliency_map: maps } = await run(bytes, { data: tensor.data, dims: [...tensor.dims] });
  assert.deepEqual(maps.dims, [1, 3, 12, 12]);
  assertClose((maps.data as Float32Array).slice(144, 288), explanation.map().data);
});

test("a model that carries its maps is recognised and used", async () => {
  const image = noise(1);
  await using plain = await loadModel(savedModel(tinyCnn()), options);
  const output = join(temporaryFolder(), "with-maps.onnx");
  const bytes = await insertXai(plain, { method: "recipro-cam", embedScaling: false, output });
  assert.deepEqual(new Uint8Array(await readFile(output)), bytes);
  assert.ok(saliencyOutput(Graph.parse(bytes)));

  await using model = await loadModel(output, options);
  assert.equal(model.info.classes, 5);
  assert.ok(model.info.notes.some((note) => note.includes("carries its own saliency maps")));
  const [own, computed] = await Promise.all([
    explain(model, image, { method: "embedded", targets: "all" }),
    explain(plain, image, { method: "recipro-cam", targets: "all" }),
  ]);
  for (let k = 0; k < 5; k++) assertClose(own.map(k).data, computed.map(k).data);
  await assert.rejects(explain(plain, image, { method: "embedded" }), { code: "not-supported" });
});

test("a path is loaded, and a named layer is used", async () => {
  const bytes = await insertXai(savedModel(tinyCnn()), { method: "recipro-cam", targetLayer: "early" }, options);
  const { saliency_map: maps } = await run(bytes, noise(1));
  assert.deepEqual(maps.dims, [1, 5, 16, 16]);
});

test("what cannot be is refused, never replaced", async () => {
  await using model = await loadModel(savedModel(tinyCnn()), options);
  const refuses = (given: Partial<InsertXaiOptions>, code: string) =>
    assert.rejects(insertXai(model, { method: "recipro-cam", ...given }), { code });
  await refuses({ targetLayer: "featurs" }, "unknown-layer");
  await refuses({ method: "vit-recipro-cam" }, "no-feature-layer");
  await refuses({ method: "det-class-probability-map" }, "not-supported");
  await refuses({ method: "grad-cam" as never }, "unknown-method");
  await refuses({ output: join(temporaryFolder(), "nowhere", "model.onnx") }, "write-failed");
});
