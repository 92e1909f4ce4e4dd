import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { GradientStore } from "../../src/model/gradient-store.js";
import { loadModel } from "../../src/model/load.js";
import { float } from "../../src/onnx/attributes.js";
import { DataType } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { copyMessage } from "../../src/onnx/messages.js";
import { sha256 } from "../../src/platform/node/hash.js";
import { savedModel, temporaryFolder, tinyCnn } from "../support/models.js";
import { noise } from "../support/tensors.js";

const { SIGHTLINE_CACHE } = process.env;
let cache: string;
const useCache = (folder: string) => {
  cache = folder;
  process.env.SIGHTLINE_CACHE = folder;
};
before(() => useCache(mkdtempSync(join(temporaryFolder(), "cache-"))));
after(() => {
  if (SIGHTLINE_CACHE === undefined) delete process.env.SIGHTLINE_CACHE;
  else process.env.SIGHTLINE_CACHE = SIGHTLINE_CACHE;
});

const input = noise([2, 3, 32, 32]);
const options = { threads: 1, isolate: false } as const;

/** A network of so many layers that its backward graph is worth keeping. */
function deep(seed: number): Graph {
  const graph = tinyCnn({ seed });
  const [scores] = graph.outputs;
  let tensor = scores.name;
  for (let i = 0; i < 120; i++)
    tensor = i % 2 ? graph.op("Neg", [tensor]) : graph.op("LeakyRelu", [tensor], { alpha: float(0.95) });
  graph.setOutputs([{ ...scores, name: tensor }]);
  return graph;
}

async function gradientOf(path: string, score: "logit" | "probability" = "logit") {
  await using model = await loadModel(path, { ...options, activation: "none" });
  const { gradients } = await model.gradient(input, { target: 1, score });
  return [...gradients.values()][0].data;
}

const folder = () => join(cache, "gradients");
const kept = () => (existsSync(folder()) ? readdirSync(folder()).filter((name) => name.endsWith(".grad")) : []);

/** Waits until so many backward graphs are in the cache: they are written beside the work. */
async function keptFiles(count: number): Promise<string[]> {
  for (let i = 0; i < 400; i++) {
    const names = kept();
    if (names.length === count) return names.map((name) => join(folder(), name));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`expected ${count} files, found ${kept().length}`);
}

describe("backward graphs in the cache", () => {
  it("are taken from there by the next load, which gives the same gradient bit for bit", async () => {
    const path = savedModel(deep(1));
    const derived = await gradientOf(path);
    const [file] = await keptFiles(1);
    assert.deepEqual(await gradientOf(path), derived);

    // the same file with another graph in it, as the store writes it: what is read is what runs
    await using model = await loadModel(path, { ...options, activation: "none" });
    const store = new GradientStore(model.network.graph, model.info.sha256);
    const read = await store.read(file);
    assert.ok(read);
    const [[of, name]] = read.gradients;
    const doubled = read.graph.op("Add", [name, name]);
    read.graph.setOutputs(read.graph.outputs.map((port) => (port.name === name ? { ...port, name: doubled } : port)));
    await store.write(file, { ...read, gradients: new Map([[of, doubled]]) });
    assert.deepEqual(
      await gradientOf(path),
      derived.map((value) => 2 * value),
    );
  });

  it("are derived again where the file was changed, cut short, or is none of ours, and put right", async () => {
    const path = savedModel(deep(2));
    const before = new Set(kept());
    const derived = await gradientOf(path);
    const file = (await keptFiles(before.size + 1)).find((name) => !before.has(name.slice(folder().length + 1)))!;
    const whole = readFileSync(file);
    const changed = Uint8Array.from(whole);
    changed[changed.length >> 1] ^= 1;
    const foreign = new TextEncoder().encode("no graph\n");
    const signed = Buffer.concat([Buffer.from(sha256(foreign)), foreign]);
    for (const damaged of [changed, whole.subarray(0, whole.length - 1), new Uint8Array(), signed]) {
      writeFileSync(file, damaged);
      assert.deepEqual(await gradientOf(path), derived);
      for (let i = 0; i < 400 && !readFileSync(file).equals(whole); i++)
        await new Promise((resolve) => setTimeout(resolve, 25));
      assert.ok(readFileSync(file).equals(whole));
    }
  });

  it("are told apart by the model and by what is asked", async () => {
    const count = kept().length;
    const path = savedModel(deep(3));
    const logit = await gradientOf(path);
    await keptFiles(count + 1);
    const probability = await gradientOf(path, "probability");
    await keptFiles(count + 2);
    const other = await gradientOf(savedModel(deep(4)));
    await keptFiles(count + 3);
    assert.notDeepEqual(probability, logit);
    assert.notDeepEqual(other, logit);
    assert.deepEqual(await gradientOf(path, "probability"), probability);
  });

  it("of a model with other weights are not those of its file", async () => {
    const path = savedModel(deep(5));
    await using model = await loadModel(path, { ...options, activation: "none" });
    const own = (await model.gradient(input, { target: 1 })).gradients.get("")!.data;
    await using other = await model.edited((graph) => {
      const turned = (rawData: Uint8Array) =>
        new Uint8Array(new Float32Array(rawData.slice().buffer).map((v) => -v).buffer);
      graph.proto.initializer = graph.proto.initializer.map((tensor) =>
        tensor.dataType === DataType.FLOAT ? copyMessage(tensor, { rawData: turned(tensor.rawData) }) : tensor,
      );
      graph.touch();
    });
    const changed = (await other.gradient(input, { target: 1 })).gradients.get("")!.data;
    assert.notDeepEqual(changed, own);
    assert.deepEqual((await model.gradient(input, { target: 1 })).gradients.get("")!.data, own);
  });

  it("make room: those that were written first go", async () => {
    useCache(mkdtempSync(join(temporaryFolder(), "cache-")));
    const path = savedModel(deep(6));
    await gradientOf(path);
    const [first] = await keptFiles(1);
    for (const [i, name] of ["a.grad", "b.grad"].entries()) {
      writeFileSync(join(folder(), name), "");
      truncateSync(join(folder(), name), 600 * 2 ** 20);
      utimesSync(join(folder(), name), i, i);
    }
    await gradientOf(path, "probability");
    const left = await keptFiles(3);
    assert.ok(left.includes(first));
    assert.ok(left.includes(join(folder(), "b.grad")));
    assert.ok(left.every((name) => statSync(name).size > 0));
  });

  it("are not needed: where the cache cannot be written, gradients are as ever", async () => {
    const path = savedModel(deep(7));
    const derived = await gradientOf(path);
    const file = join(temporaryFolder(), "no-folder");
    writeFileSync(file, "");
    useCache(join(file, "cache"));
    assert.deepEqual(await gradientOf(path), derived);
  });
});
