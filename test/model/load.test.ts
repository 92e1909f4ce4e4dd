import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { create } from "@bufbuild/protobuf";
import type { Tensor } from "../../src/core/tensor.js";
import { loadDetector } from "../../src/model/detection/load-detector.js";
import { type LoadOptions, loadModel } from "../../src/model/load.js";
import { Graph } from "../../src/onnx/graph.js";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";
import { external } from "../support/hostile-models.js";
import { savedModel, temporaryFolder, tinyCnn, tinyVit } from "../support/models.js";
import { assertClose, fails, noise } from "../support/tensors.js";

const open = (graph: Graph | Uint8Array, options = {}) => loadModel(savedModel(graph), { threads: 1, ...options });

describe("loadModel", () => {
  it("describes what it found", async () => {
    await using model = await open(tinyCnn({ activation: "softmax" }), { labels: ["a", "b", "c", "d", "e"] });
    const { info } = model;
    assert.deepEqual(info.input, { name: "image", layout: "nchw", channels: 3, height: 32, width: 32 });
    assert.deepEqual(info.inputs, [{ name: "image", type: "float", dims: [-1, 3, 32, 32] }]);
    assert.deepEqual(info.outputs, [{ name: "scores", type: "float", dims: [-1, 5] }]);
    assert.deepEqual([info.classes, info.opset, info.threads, info.device, info.format], [5, 17, 1, "cpu", "onnx"]);
    assert.deepEqual([info.activation, info.probabilities], ["softmax", "as given"]);
    assert.equal(info.operators.Conv, 2);
    assert.match(info.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(model.labels, ["a", "b", "c", "d", "e"]);
    assert.ok(info.notes.some((note) => /ImageNet's mean and std are assumed/.test(note)));
  });

  it("says how pictures are prepared: as assumed, as given by name or as data; a function says nothing", async () => {
    const of = async (options: LoadOptions) => {
      await using model = await open(tinyCnn(), options);
      return model.info.preprocess;
    };
    assert.deepEqual(await of({}), { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    const torchvision = {
      resize: "shortest-36",
      crop: "center",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    };
    assert.deepEqual(await of({ preprocess: "torchvision" }), torchvision);
    assert.deepEqual(await of({ preprocess: { mean: 0.5, channels: "bgr" } }), { mean: 0.5, channels: "bgr" });
    assert.equal(await of({ preprocess: () => noise([1, 3, 32, 32]) }), undefined);
  });

  it("gives what methods support to whoever is asked for it", async () => {
    const seen: string[] = [];
    await using model = await loadModel(
      savedModel(tinyCnn()),
      { threads: 1 },
      {
        support: (info, layers) => {
          seen.push(info.name, layers[0].name);
          return [{ method: "x", supported: true }];
        },
      },
    );
    assert.equal(seen[1], "features");
    assert.deepEqual(model.info.methods, [{ method: "x", supported: true }]);
  });

  it("sees a sigmoid, a softmax, and neither; options override", async () => {
    await using sigmoid = await open(tinyCnn({ activation: "sigmoid" }));
    await using none = await open(tinyCnn());
    await using told = await open(tinyCnn(), { probabilities: "sigmoid" });
    assert.deepEqual([sigmoid.info.activation, sigmoid.info.probabilities], ["sigmoid", "as given"]);
    assert.deepEqual([none.info.activation, none.info.probabilities], ["none", "softmax"]);
    assert.deepEqual([told.info.activation, told.info.probabilities], ["none", "sigmoid"]);
  });

  for (const opset of [9, 11, 13, 18, 22]) {
    it(`runs opset ${opset}`, async () => {
      await using model = await open(tinyCnn({ opset }));
      await using reference = await open(tinyCnn());
      const input = noise([2, 3, 32, 32]);
      assert.deepEqual((await model.run(input)).data, (await reference.run(input)).data);
    });
  }

  it("takes file: URLs and checks a sha256 that is given", async () => {
    const path = savedModel(tinyCnn());
    await using model = await loadModel(pathToFileURL(path), { threads: 1 });
    await using again = await loadModel(pathToFileURL(path).href, {
      threads: 1,
      sha256: model.info.sha256.toUpperCase(),
    });
    assert.equal(again.info.sha256, model.info.sha256);
    await assert.rejects(loadModel(path, { sha256: "0".repeat(64) }), fails("checksum-mismatch"));
  });

  it("finds labels in the file's metadata", async () => {
    for (const value of [
      '["a","b","c","d","e"]',
      "{0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e'}",
      "a,b,c,d,e",
      "a\nb\nc\nd\ne",
    ]) {
      const graph = tinyCnn();
      graph.model.metadataProps.push(create(StringStringEntryProtoSchema, { key: "names", value }));
      await using model = await open(graph);
      assert.deepEqual(model.labels, ["a", "b", "c", "d", "e"], value);
    }
  });

  it("reads labels from a file of lines or JSON", async () => {
    const lines = join(temporaryFolder(), "labels.txt");
    const json = join(temporaryFolder(), "labels.json");
    writeFileSync(lines, "a\r\nb\r\nc\r\nd\r\ne\r\n");
    writeFileSync(json, JSON.stringify({ 0: "a", 1: "b", 2: "c", 3: "d", 4: "e" }));
    for (const labels of [lines, json, pathToFileURL(json)]) {
      await using model = await open(tinyCnn(), { labels });
      assert.deepEqual(model.labels, ["a", "b", "c", "d", "e"]);
    }
  });

  it("keeps a visualization config on the model", async () => {
    const path = join(temporaryFolder(), "explanation_metadata.json");
    writeFileSync(path, JSON.stringify({ visualization: { type: "Pixels", polarity: "both" } }));
    await using model = await open(tinyCnn(), { metadata: path });
    await using direct = await open(tinyCnn(), { metadata: { visualization: { type: "Outlines" } } });
    assert.deepEqual(model.viewConfig, { type: "Pixels", polarity: "both" });
    assert.deepEqual(direct.viewConfig, { type: "Outlines" });
  });

  it("an explanation_metadata.json is read as Google's tools write it", async () => {
    const visualization = { type: "Outlines", polarity: "both", clip_percent_lowerbound: 70 };
    const outputs = { scores: { output_tensor_name: "scores:0" } };
    const image = { input_tensor_name: "image:0", modality: "image", visualization };
    const read = async (metadata: Record<string, unknown>) => {
      await using model = await open(tinyCnn(), { metadata });
      return model.viewConfig;
    };
    assert.deepEqual(await read({ inputs: { image }, outputs, framework: "tensorflow" }), visualization);
    const numbers = { input_tensor_name: "age:0", modality: "numeric" };
    assert.deepEqual(await read({ inputs: { numbers, image }, outputs }), visualization);
    assert.deepEqual(await read({ inputs: { image: { ...image, visualization: undefined } }, outputs }), {});
    assert.deepEqual(await read({ inputs: { image: { inputTensorName: "image:0" } }, outputs }), {});
    await assert.rejects(read({ inputs: { image: { ...image, visualization: "Pixels" } } }), fails("bad-config"));
    await assert.rejects(read({ inputs: { image, mask: { visualization: { type: "Pixels" } } } }), fails("bad-config"));
  });

  it("a graph without a free size takes the size of the preprocessing", async () => {
    const graph = tinyCnn();
    graph.setInputs([{ ...graph.inputs[0], dims: ["n", 3, "h", "w"] }]);
    await using told = await open(graph, { preprocess: { size: [24, 40] } });
    await using untold = await open(graph);
    assert.deepEqual([told.info.input.height, told.info.input.width], [24, 40]);
    assert.deepEqual([untold.info.input.height, untold.info.input.width], [224, 224]);
    assert.ok(untold.info.notes.some((note) => /leaves the picture's size open/.test(note)));
  });

  it("a postprocess function makes the scores, image by image", async () => {
    const seen: number[][] = [];
    await using model = await open(tinyCnn(), {
      postprocess: (outputs: Record<string, Tensor>) => {
        seen.push([...outputs.scores.dims]);
        return [outputs.scores.data[1], -outputs.scores.data[0], 1];
      },
    });
    await using plain = await open(tinyCnn());
    const input = noise([3, 3, 32, 32]);
    const [scores, raw] = [await model.run(input), await plain.run(input)];
    assert.deepEqual(scores.dims, [3, 3]);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual([...scores.data.slice(i * 3, i * 3 + 3)], [raw.data[i * 5 + 1], -raw.data[i * 5], 1]);
    }
    assert.ok(seen.every((dims) => dims.join() === "1,5"));
    assert.deepEqual(model.layers(), []);
    await assert.rejects(model.gradient(input, { target: 0 }), fails("not-supported"));
  });
});

describe("batches", () => {
  const cases = {
    "a free batch": tinyCnn(),
    "channels last": tinyCnn({ layout: "nhwc" }),
    "a fixed batch of 1": tinyCnn({ batch: 1, baked: true }),
    "a fixed batch of 4": tinyCnn({ batch: 4, baked: true }),
    "a transformer": tinyVit(),
    "a transformer with its batch baked in": tinyVit({ batch: 1, baked: true }),
  };
  for (const [name, graph] of Object.entries(cases)) {
    it(`${name}: many images score as each alone`, async () => {
      await using model = await open(graph);
      const { layout } = model.info.input;
      const dims = layout === "nchw" ? [3, 32, 32] : [32, 32, 3];
      const all = noise([11, ...dims]);
      const together = await model.run(all);
      assert.deepEqual(together.dims, [11, 5]);
      for (let i = 0; i < 11; i++) {
        const one = { data: all.data.slice(i * 3072, (i + 1) * 3072), dims: [1, ...dims] };
        const { data } = await model.run(one);
        assertClose(data, together.data.slice(i * 5, i * 5 + 5));
      }
      assert.ok(!model.info.notes.some((note) => /one image at a time|images at a time/.test(note)));
    });
  }

  it("a batch baked in differs by nothing from the free graph", async () => {
    await using free = await open(tinyVit());
    await using baked = await open(tinyVit({ batch: 1, baked: true }));
    const input = noise([5, 3, 32, 32]);
    const [a, b] = [await free.run(input), await baked.run(input)];
    assertClose(a.data, b.data);
  });

  it("a graph that mixes the images of a batch runs one by one, and says so", async () => {
    const graph = tinyCnn({ batch: 1 });
    const last = graph.nodes.at(-1) as { output: string[] };
    last.output[0] = "unmixed";
    graph.touch();
    const sum = graph.op("ReduceSum", ["unmixed"], { keepdims: 1 }, "over_all");
    graph.addNode("Sub", ["unmixed", sum], {}, { outputs: ["scores"] });
    await using model = await open(graph);
    assert.ok(model.info.notes.some((note) => /one image at a time/.test(note)));
    const input = noise([3, 3, 32, 32]);
    const together = await model.run(input);
    for (let i = 0; i < 3; i++) {
      const one = { data: input.data.slice(i * 3072, (i + 1) * 3072), dims: [1, 3, 32, 32] };
      assert.deepEqual((await model.run(one)).data, together.data.slice(i * 5, i * 5 + 5));
    }
  });
});

describe("what cannot be loaded", () => {
  it("a missing file, a folder, a name that is near another", async () => {
    await assert.rejects(
      loadModel("no/such/model.onnx"),
      fails("file-not-found", /no such|there is no model 'no\/such\/model.onnx'/),
    );
    await assert.rejects(loadModel(temporaryFolder()), fails("bad-model", /is a folder/));
    await assert.rejects(loadModel("efficientnet-lite"), fails("unknown-model", /did you mean 'efficientnet-lite0'/));
  });

  it("leaves no thread behind, whatever it stumbles over", async () => {
    const alive = new Set<Worker>();
    const watch = (worker: Worker) => {
      alive.add(worker);
      worker.on("exit", () => alive.delete(worker));
    };
    process.on("worker", watch);
    try {
      const path = savedModel(tinyCnn());
      for (const load of [
        () => loadModel("no/such/model.onnx"),
        () => loadModel(path, { labels: ["one"] }),
        () => loadModel(path, { labels: "no/such/labels.txt" }),
        () => loadModel(path, { output: "no such output" }),
        () => loadModel(path, { sha256: "0".repeat(64) }),
        () => loadModel(path, { isolate: true, memoryLimit: 1 }),
        () => loadDetector(path, { task: "detection", labels: "no/such/labels.txt" }),
        () => loadDetector("no/such/model.onnx", { task: "detection" }),
      ]) {
        await assert.rejects(load());
        assert.equal(alive.size, 0);
      }
      await (await loadModel(path)).close();
      assert.equal(alive.size, 0);
    } finally {
      process.off("worker", watch);
    }
  });

  it("junk, a text, a truncated file", async () => {
    const bytes = tinyCnn().serialize();
    await assert.rejects(open(new Uint8Array(1000).fill(255)), fails("bad-model", /not an ONNX model/));
    await assert.rejects(
      open(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n")),
      fails("bad-model", /LFS/),
    );
    await assert.rejects(open(bytes.slice(0, bytes.length >> 1)), fails("bad-model"));
    await assert.rejects(open(new Uint8Array()), fails("bad-model"));
  });

  it("a graph whose output is no list of scores", async () => {
    const graph = tinyCnn();
    graph.setOutputs([{ name: "features", type: 1, dims: ["n", 6, 8, 8] }]);
    graph.prune();
    await assert.rejects(open(graph), fails("not-a-classifier", /features \[1, 6, 8, 8\].*postprocess/));
  });

  it("a graph whose input is no image", async () => {
    const graph = Graph.empty("text", 17);
    graph.addInput("words", ["n", 7]);
    graph.addNode("Identity", ["words"], {}, { outputs: ["scores"] });
    graph.addOutput("scores", ["n", 7]);
    await assert.rejects(open(graph), fails("not-a-classifier", /'words' has 2 dimensions/));
    const two = tinyCnn();
    two.addInput("other", [1]);
    await assert.rejects(open(two), fails("not-supported", /2 inputs/));
  });

  it("an operator the runtime lacks is named", async () => {
    const graph = tinyCnn();
    const last = graph.nodes.at(-1) as { opType: string };
    last.opType = "Frobnicate";
    await assert.rejects(
      open(graph),
      fails("unsupported-operator", /Frobnicate.*onnxruntime-node \d+\.\d+\.\d+ implements/),
    );
    await assert.rejects(open(tinyCnn({ opset: 99 })), fails("unsupported-operator", /opset 99/));
  });

  it("labels of the wrong length or kind", async () => {
    await assert.rejects(open(tinyCnn(), { labels: ["a", "b"] }), fails("bad-labels", /there are 2 labels.*5 labels/));
    await assert.rejects(open(tinyCnn(), { labels: [1, 2, 3, 4, 5] }), fails("bad-labels"));
    await assert.rejects(open(tinyCnn(), { labels: "no/labels.txt" }), fails("file-not-found", /no\/labels.txt/));
  });

  it("options that do not exist or do not fit", async () => {
    await assert.rejects(open(tinyCnn(), { preproces: {} }), fails("unknown-option", /did you mean 'preprocess'/));
    await assert.rejects(open(tinyCnn(), { preprocess: { sise: 32 } }), fails("unknown-option", /did you mean 'size'/));
    await assert.rejects(open(tinyCnn(), { preprocess: { size: 64 } }), fails("bad-config", /64 × 64.*32 × 32/));
    await assert.rejects(open(tinyCnn(), { preprocess: { resize: "shortest-16" } }), fails("bad-config"));
    await assert.rejects(open(tinyCnn(), { preprocess: { mean: [1, 2] } }), fails("bad-config", /mean has 2 values/));
    await assert.rejects(open(tinyCnn(), { preprocess: { std: 0 } }), fails("bad-config", /preprocess cannot use std/));
    await assert.rejects(open(tinyCnn(), { device: "npu" }), fails("not-supported", /npu/));
    await assert.rejects(open(tinyCnn(), { threads: 0 }), fails("bad-config", /threads/));
  });

  it("weights outside of the model's folder", async () => {
    const folder = join(temporaryFolder(), "outside");
    mkdirSync(join(folder, "inside"), { recursive: true });
    writeFileSync(join(folder, "secret"), Buffer.alloc(4096));
    symlinkSync(join(folder, "secret"), join(folder, "inside", "link"));
    for (const location of [
      "../secret",
      join(folder, "secret"),
      "link",
      "a/../../secret",
      "..\\secret",
      "C:secret",
      "",
    ]) {
      await assert.rejects(
        loadModel(savedModel(external(location), "outside/inside/m.onnx")),
        fails("bad-model"),
        location,
      );
    }
    await assert.rejects(
      loadModel(savedModel(external("gone"), "outside/inside/m.onnx")),
      fails("file-not-found", /gone/),
    );
    writeFileSync(join(folder, "inside", "short"), Buffer.alloc(10));
    await assert.rejects(
      loadModel(savedModel(external("short"), "outside/inside/m.onnx")),
      fails("bad-model", /beyond the end/),
    );
  });

  it("weights beside the model are read, and count in its hash", async () => {
    const plain = tinyCnn();
    const weight = plain.proto.initializer[0].rawData;
    const path = savedModel(external("weights.bin"), "with-weights.onnx");
    writeFileSync(join(temporaryFolder(), "weights.bin"), Buffer.concat([Buffer.alloc(16), weight]));
    await using model = await loadModel(path, { threads: 1 });
    await using reference = await open(plain);
    const input = noise([1, 3, 32, 32]);
    assert.deepEqual((await model.run(input)).data, (await reference.run(input)).data);
    writeFileSync(join(temporaryFolder(), "weights.bin"), Buffer.concat([Buffer.alloc(16, 1), weight]));
    await using other = await loadModel(path, { threads: 1 });
    assert.notEqual(other.info.sha256, model.info.sha256);
  });
});
