import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { explain } from "../../src/explain/explain.js";
import { Explanation } from "../../src/explain/explanation.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { analyticModel } from "../support/analytic-model.js";
import { tinyCnn } from "../support/models.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-explain-"));
const tinyPath = join(folder, "model.onnx");
writeFileSync(tinyPath, tinyCnn().serialize());
after(() => rmSync(folder, { recursive: true, force: true }));

const WIDTH = 16;
const HEIGHT = 12;
const grey: RawImage = { data: new Uint8Array(WIDTH * HEIGHT * 3).fill(128), width: WIDTH, height: HEIGHT };

/** "left" answers with the brightness of the left half, "right" with that of the right half. */
const halves = () =>
  analyticModel({
    width: WIDTH,
    height: HEIGHT,
    labels: ["left", "right", "neither"],
    probabilities: "as given",
    score(image) {
      const sums = [0, 0];
      for (let p = 0; p < WIDTH * HEIGHT; p++) sums[p % WIDTH < WIDTH / 2 ? 0 : 1] += image[p];
      return [sums[0] / (WIDTH * HEIGHT), sums[1] / (WIDTH * HEIGHT) + 0.01, 0.1];
    },
  });
const occlusion = { method: "occlusion", window: 4, stride: 4, fill: "zero" } as const;

test("the predicted class is explained when none is asked for", async () => {
  const e = await explain(halves(), grey, occlusion);
  assert.equal(e.prediction.label, "right");
  assert.deepEqual(
    e.targets.map(({ label }) => label),
    ["right"],
  );
  const { data } = e.map();
  assert.ok(data[0] === 0 && data[WIDTH - 1] > 0);
});

test("targets are labels, indices, the most probable, or all; each once", async () => {
  const labels = async (targets: string | number | (string | number)[]) =>
    (await explain(halves(), grey, { ...occlusion, targets })).targets.map(({ label }) => label);
  assert.deepEqual(await labels(["left", 2, "left", 0]), ["left", "neither"]);
  assert.deepEqual(await labels("top:2"), ["right", "left"]);
  assert.deepEqual(await labels("all"), ["left", "right", "neither"]);
  assert.deepEqual(await labels(-1), ["left", "right", "neither"]);
});

test("every pass is counted, the first look at the picture included", async () => {
  const model = halves();
  const e = await explain(model, grey, { ...occlusion, targets: "all" });
  assert.equal(e.provenance.forwardPasses, 1 + 12);
  assert.equal(model.passes, 13);
  assert.equal(e.provenance.backwardPasses, 0);
});

test("the record says how to make the map again", async () => {
  const e = await explain(halves(), grey, { ...occlusion, seed: 5, preset: "speed" });
  assert.equal(e.provenance.method, "occlusion");
  assert.equal(e.provenance.seed, 5);
  assert.deepEqual(e.provenance.options, { window: 4, stride: 4, fill: "zero", passes: 12, preset: "speed" });
  assert.equal(e.provenance.model.sha256.length, 64);
  const { edition, engine, device, threads } = e.provenance.runtime!;
  assert.deepEqual([edition, device, threads], ["node", "cpu", 1]);
  assert.match(engine, /^onnxruntime-node \d+\.\d+\.\d+$/);
  assert.deepEqual(Explanation.fromJSON(JSON.parse(JSON.stringify(e))).provenance.runtime, e.provenance.runtime);
});

test("auto takes a black-box method where no feature layer is found, and says why", async () => {
  const e = await explain(halves(), grey, { budget: { passes: 50 } } as object);
  assert.match(e.provenance.notes[0], /^auto chose [a-z-]+: no feature layer was found in the graph$/);
});

test("a method asked for by name is never replaced by another", async () => {
  await assert.rejects(explain(halves(), grey, { method: "recipro-cam" }), {
    code: "not-supported",
    message: /recipro-cam cannot explain this model: no feature map was found/,
  });
  await assert.rejects(explain(halves(), grey, { mode: "white-box" }), { code: "no-feature-layer" });
});

test("several pictures give several explanations", async () => {
  const all = await explain(halves(), [grey, grey], occlusion);
  assert.equal(all.length, 2);
  assert.deepEqual(all[0].map().data, all[1].map().data);
});

test("slips of the pen are answered with suggestions", async () => {
  const wrong: [object, string, RegExp][] = [
    [{ method: "oclusion" }, "unknown-method", /did you mean 'occlusion'\?/],
    [{ ...occlusion, windw: 3 }, "unknown-option", /unknown option 'windw' of occlusion.*did you mean 'window'\?/],
    [{ ...occlusion, preset: "fast" }, "bad-config", /expected speed, balance, quality/],
    [{ ...occlusion, mode: "grey-box" }, "bad-config", /expected auto, white-box or black-box/],
    [{ ...occlusion, targets: "lefd" }, "unknown-label", /lefd/],
    [{ ...occlusion, targets: 17 }, "index-out-of-range", /17/],
    [{ ...occlusion, targets: [] }, "bad-config", /targets is empty/],
  ];
  for (const [options, code, message] of wrong) {
    await assert.rejects(explain(halves(), grey, options), (error: unknown) => {
      assert.ok(error instanceof SightlineError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("scores that are NaN are an error, on the picture itself and on a masked copy", async () => {
  const broken = (isBroken: (image: Float32Array) => boolean, probabilities: "softmax" | "as given") =>
    analyticModel({
      width: WIDTH,
      height: HEIGHT,
      labels: ["left", "right"],
      probabilities,
      score: (image) => [isBroken(image) ? Number.NaN : 0.2, 0.1],
    });
  for (const probabilities of ["softmax", "as given"] as const) {
    await assert.rejects(
      explain(
        broken(() => true, probabilities),
        grey,
        occlusion,
      ),
      { code: "not-finite" },
    );
    const whenHidden = broken((image) => image.includes(0), probabilities);
    await assert.rejects(explain(whenHidden, grey, occlusion), { code: "not-finite" });
    await assert.rejects(explain(whenHidden, grey, { method: "rise", masks: 20 }), { code: "not-finite" });
  }
});

test("probabilities outside of 0…1 and maps that show nothing come with a note", async () => {
  const constant = (score: number) =>
    analyticModel({
      width: WIDTH,
      height: HEIGHT,
      labels: ["a", "b"],
      probabilities: "as given",
      score: () => [score, 0],
    });
  const { notes } = (await explain(constant(15.3), grey, occlusion)).provenance;
  assert.equal(notes.length, 2);
  assert.match(
    notes[0],
    /^the model's probabilities go from 0 to 15\.3: they are scores of another kind; load the model/,
  );
  assert.equal(notes[1], "the map is zero everywhere: it shows nothing");
  assert.deepEqual((await explain(constant(0.5), grey, occlusion)).provenance.notes, [notes[1]]);
  assert.deepEqual((await explain(halves(), grey, occlusion)).provenance.notes, []);
});

test("a cancelled signal stops the work", async () => {
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(explain(halves(), grey, { ...occlusion, signal: controller.signal }), { code: "aborted" });
});

test("large pictures are kept at 1024 pixels, with the view where it was", async () => {
  const large: RawImage = { data: new Uint8Array(2048 * 512 * 3), width: 2048, height: 512 };
  const model = halves();
  model.prepare = async () => ({
    tensor: { data: new Float32Array(3 * WIDTH * HEIGHT), dims: [1, 3, HEIGHT, WIDTH] },
    picture: { image: large, name: "wide.png", notes: ["alpha was put on white"] },
    view: { x: 768, y: 0, width: 512, height: 512 },
  });
  const e = await explain(model, large, occlusion);
  assert.deepEqual([e.image.pixels.width, e.image.pixels.height], [1024, 256]);
  assert.deepEqual(e.image.view, { x: 384, y: 0, width: 256, height: 256 });
  assert.ok(e.provenance.notes.includes("alpha was put on white"));
});

test("of a list, what can be explained is; the rest is named in failures and in the notes", async () => {
  await using model = await loadModel(tinyPath);
  const wrong = { data: new Uint8Array(3), width: 9, height: 9 };
  const method = { method: "recipro-cam" } as const;
  const list = await explain(model, [grey, wrong, "no-such.png", grey, "data:image/png;base64,AAAA"], method);
  assert.equal(list.length, 2);
  assert.deepEqual(
    list.failures.map(({ index, image, code }) => [index, image, code]),
    [
      [1, "picture 2", "bad-image"],
      [2, "no-such.png", "file-not-found"],
      [4, "picture 5", "bad-image"],
    ],
  );
  for (const { provenance } of list) {
    assert.match(provenance.notes.join(), /3 of the 5 pictures could not be explained: picture 2 \(.*no-such.png/);
  }
  const [alone] = await explain(model, [grey], method);
  assert.deepEqual([...list[0].map().data], [...alone.map().data]);
  assert.doesNotMatch(alone.provenance.notes.join(), /could not/);

  await assert.rejects(explain(model, ["a.png", "b.png"], method), { code: "file-not-found", message: /a\.png/ });
  await assert.rejects(explain(model, [grey, "a.png"], { ...method, targets: "nobody" }), { code: "unknown-label" });
  assert.deepEqual([...(await explain(model, [], method))], []);
});
