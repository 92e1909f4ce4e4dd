import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { iou } from "../../../src/core/box.js";
import type { SightlineError } from "../../../src/core/errors.js";
import type { Progress } from "../../../src/core/work.js";
import { explainDetection } from "../../../src/explain/detection.js";
import { Explanation } from "../../../src/explain/explanation.js";
import { loadModel } from "../../../src/load-model.js";
import { supportOf } from "../../../src/methods/registry.js";
import { loadDetector } from "../../../src/model/detection/load-detector.js";
import { visualize } from "../../../src/render/visualize.js";
import { BLOBS, blobDetector, blobPicture, CLASS_LAYERS, SIDE } from "../../support/blob-detector.js";
import { colourModel } from "../../support/colour-model.js";
import { savedModel } from "../../support/models.js";
import { fails } from "../../support/tensors.js";

const RED = { x: 60, y: 28, radius: 11, colour: "red" } as const;
const GREEN = { x: 20, y: 70, radius: 11, colour: "green" } as const;
const SECOND_RED = { x: 76, y: 76, radius: 11, colour: "red" } as const;
const picture = blobPicture([RED, GREEN, SECOND_RED]);
const preprocess = { resize: "letterbox" } as const;
const around = ({ x, y }: { x: number; y: number }) => [x - 12, y - 12, x + 12, y + 12] as const;

let folder: string;
const paths = { head: "", suppressed: "" };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-detector-"));
  for (const kind of ["head", "suppressed"] as const) {
    paths[kind] = join(folder, `${kind}.onnx`);
    await writeFile(paths[kind], blobDetector(kind));
  }
});
after(() => rm(folder, { recursive: true, force: true }));

const load = (kind: keyof typeof paths, options = {}) =>
  loadDetector(paths[kind], { task: "detection", labels: [...BLOBS], preprocess, threads: 1, ...options });

const indexNear = (objects: readonly { box: readonly number[] }[], place: { x: number; y: number }) =>
  objects.findIndex(({ box: [x1, y1, x2, y2] }) => iou([x1, y1, x2, y2], around(place)) > 0.4);

for (const kind of ["head", "suppressed"] as const) {
  test(`${kind}: every blob is found once, with its colour and its place`, async () => {
    await using model = await load(kind);
    const objects = await model.detect(picture);
    for (const blob of [RED, GREEN, SECOND_RED]) {
      const object = objects[indexNear(objects, blob)];
      assert.equal(object?.name, blob.colour);
      assert.ok(object.score > 0.5);
    }
    assert.ok(objects.every(({ score }, i) => i === 0 || score <= objects[i - 1].score));
    assert.deepEqual(
      objects.map(({ index }) => index),
      [...objects.keys()],
    );
  });

  test(`${kind}: batches of perturbed copies give what single runs give`, async () => {
    await using model = await load(kind);
    const { tensor } = await model.prepare(picture);
    const zeros = { data: new Float32Array(tensor.data.length), dims: tensor.dims };
    const rows = Float32Array.from({ length: 3 * SIDE }, (_, i) => (i < SIDE ? 1 : i < 2 * SIDE ? 0.5 : 0));
    const masks = { kind: "separable", rank: 1, left: rows, right: new Float32Array(3 * SIDE).fill(1) } as const;
    const found = await model.masked({ base: zeros, delta: tensor, count: 3, masks });
    assert.deepEqual(found[0], (await model.run(tensor))[0]);
    const half = { data: tensor.data.map((value) => value / 2), dims: tensor.dims };
    assert.deepEqual(found[1], (await model.run(half))[0]);
  });
}

test("boxes come in the pixels of the picture, whatever its size and shape", async () => {
  await using model = await load("head");
  const wide = blobPicture([{ ...RED, x: 120, y: 56, radius: 22 }], 2 * SIDE, SIDE);
  const [object] = await model.detect(wide);
  const [x1, y1, x2, y2] = object.box;
  assert.ok(Math.abs((x1 + x2) / 2 - 120) <= 8 && Math.abs((y1 + y2) / 2 - 56) <= 8, String(object.box));
});

test("the outputs are recognised, and a wrong decoder is refused by name", async () => {
  await using head = await load("head");
  assert.ok(head.info.notes.includes("outputs are read as yolov8"));
  await using suppressed = await load("suppressed");
  assert.ok(suppressed.info.notes.includes("outputs are read as boxes-labels-scores"));
  await assert.rejects(load("head", { postprocess: "detr" }), { code: "shape-mismatch" });
  await assert.rejects(load("head", { postprocess: "yolo-v8" }), (error: SightlineError) => {
    return error.code === "bad-config" && /did you mean 'yolov8'/.test(error.message);
  });
});

test("a detector asked for predictions and a classifier asked for objects say what to ask instead", async () => {
  await using model = await load("head");
  const { predict } = model as unknown as { predict(image: unknown): Promise<unknown> };
  await assert.rejects(predict(picture), fails("not-supported", /model\.detect\(image\)/));
  await using classifier = await loadModel(savedModel(colourModel()));
  const { detect } = classifier as unknown as { detect(image: unknown): Promise<unknown> };
  await assert.rejects(detect(picture), fails("not-supported", /model\.predict\(image\).*task: "detection"/));
});

test("a function can make the boxes", async () => {
  await using model = await load("suppressed", {
    postprocess: ({ boxes_float, boxes }: Record<string, { data: Float32Array }>) => ({
      boxes: [Array.from((boxes ?? boxes_float).data.subarray(0, 4))],
      scores: [0.9],
      labels: [2],
    }),
  });
  const [object] = await model.detect(picture);
  assert.equal(object.name, "blue");
  assert.equal(object.box.length, 4);
});

test("class layers are found, one a scale, finest first", async () => {
  await using model = await load("head");
  assert.deepEqual(
    model.classLayers().map(({ name, anchors, skip }) => ({ name, anchors, skip })),
    CLASS_LAYERS.map((name) => ({ name, anchors: 1, skip: 0 })),
  );
});

/** Share of a map's positive mass within some pixels of a blob's centre. */
function massNear(explanation: Explanation, { x, y }: { x: number; y: number }, distance: number): number {
  const map = explanation.map().resize(SIDE, SIDE);
  let [inside, all] = [0, 0];
  map.data.forEach((value, p) => {
    if (value <= 0) return;
    all += value;
    if (Math.hypot((p % SIDE) + 0.5 - x, Math.floor(p / SIDE) + 0.5 - y) <= distance) inside += value;
  });
  return inside / all;
}

for (const [method, options, share] of [
  ["aise", { preset: "speed" }, 0.45],
  ["d-rise", { masks: 600, cells: 8 }, 0.35],
] as const) {
  test(`${method} explains a box by its own blob, not by the others of its colour`, async () => {
    await using model = await load("head");
    const objects = await model.detect(picture);
    for (const blob of [RED, SECOND_RED]) {
      const box = indexNear(objects, blob);
      const explanation = await explainDetection(model, picture, { method, targets: [{ box }], ...options });
      const { x, y } = explanation.map().peak();
      assert.ok(
        Math.hypot(x * SIDE - blob.x, y * SIDE - blob.y) < blob.radius + 4,
        `${method}: ${x * SIDE}, ${y * SIDE}`,
      );
      const near = massNear(explanation, blob, 24);
      assert.ok(near > share, `${method}: ${near}`);
      assert.equal(explanation.targets[0].label, "red");
      assert.deepEqual(explanation.targets[0].box?.map(Math.round), objects[box].box.map(Math.round));
    }
  });
}

test("det-class-probability-map is the softmax of the class layers, averaged over the scales", async () => {
  await using model = await load("head");
  const objects = await model.detect(picture);
  const box = indexNear(objects, GREEN);
  const explanation = await explainDetection(model, picture, {
    method: "det-class-probability-map",
    targets: { box } as never,
  });
  const map = explanation.map();
  assert.deepEqual([map.width, map.height], [12, 12]);
  const { x, y } = map.peak();
  assert.ok(Math.hypot(x * SIDE - GREEN.x, y * SIDE - GREEN.y) < 12);
  assert.equal(explanation.provenance.forwardPasses, 3);
  assert.ok(map.data.every((value) => value >= 0 && value <= 1));
});

test("passes are counted exactly, and the same seed gives the same map", async () => {
  await using model = await load("head");
  const run = (method: "aise" | "d-rise", options: object) =>
    explainDetection(model, picture, { method, seed: 4, ...options });
  const aise = await run("aise", { iterations: 7 });
  assert.equal(aise.provenance.forwardPasses, 1 + 3 * 7);
  assert.equal(aise.provenance.options.passes, 3 * 7);
  const [first, second] = [await run("d-rise", { masks: 60 }), await run("d-rise", { masks: 60 })];
  assert.equal(first.provenance.forwardPasses, 61);
  assert.deepEqual(first.map().data, second.map().data);
});

test("any method on answers alone explains boxes; others are refused, never replaced", async () => {
  await using model = await load("head");
  const objects = await model.detect(picture);
  const box = indexNear(objects, GREEN);
  const explanation = await explainDetection(model, picture, {
    method: "occlusion",
    targets: [{ box }],
    window: 16,
    stride: 8,
  });
  const { x, y } = explanation.map().peak();
  assert.ok(Math.hypot(x * SIDE - GREEN.x, y * SIDE - GREEN.y) < 16);
  await assert.rejects(explainDetection(model, picture, { method: "recipro-cam" }), { code: "not-supported" });
});

test("auto chooses a method for boxes, and says which", async () => {
  await using model = await load("head");
  const auto = await explainDetection(model, picture, { method: "auto", budget: { passes: 30 } });
  assert.equal(auto.provenance.method, "aise");
  assert.match(auto.provenance.notes.join(), /auto chose aise/);
  const whiteBox = await explainDetection(model, picture, { mode: "white-box", budget: { passes: 30 } });
  assert.equal(whiteBox.provenance.method, "det-class-probability-map");
  const blind = new Proxy(model, {
    get(target, key: keyof typeof model) {
      if (key === "classLayers") return () => [];
      const value = target[key];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await assert.rejects(explainDetection(blind, picture, { mode: "white-box" }), { code: "no-feature-layer" });
  await assert.rejects(explainDetection(model, picture, { mode: "grey-box" as "auto" }), { code: "bad-config" });
});

test("info.methods says of every method what explain does with it", async () => {
  await using model = await loadModel(paths.head, { task: "detection", labels: [...BLOBS], preprocess, threads: 1 });
  const supported = model.info.methods.filter((one) => one.supported).map(({ method }) => method);
  assert.deepEqual(
    supported.filter((name) => ["aise", "d-rise", "recipro-cam", "gradient", "contrast"].includes(name)),
    ["aise", "d-rise"],
  );
  for (const { method, supported, reason } of model.info.methods) {
    const run = explainDetection(model, picture, { method: method as "aise", signal: AbortSignal.abort() });
    await assert.rejects(run, ({ code, message }: SightlineError) => {
      if (supported) return code === "aborted";
      assert.ok(reason && message.includes(reason), message);
      return code === "not-supported" && message.includes("aise");
    });
  }
  const blind = supportOf(model.info, model.layers(), []).find(({ method }) => method === "det-class-probability-map");
  assert.deepEqual(blind, {
    method: "det-class-probability-map",
    supported: false,
    reason: "no layers with class scores were recognised",
  });
});

test("targets are boxes by index or by label, with telling errors", async () => {
  await using model = await load("head");
  const all = await explainDetection(model, picture, { targets: "red", iterations: 3 });
  assert.ok(all.targets.length >= 2 && all.targets.every(({ label }) => label === "red"));
  await assert.rejects(explainDetection(model, picture, { targets: [{ box: 99 }] }), { code: "index-out-of-range" });
  await assert.rejects(explainDetection(model, picture, { targets: "gren" }), (error: SightlineError) => {
    return error.code === "unknown-label" && /did you mean 'green'/.test(error.message);
  });
  await assert.rejects(explainDetection(model, blobPicture([])), { code: "not-supported" });
});

test("a box's explanation survives being written and read", async () => {
  await using model = await load("head");
  const explanation = await explainDetection(model, picture, { iterations: 3 });
  const read = Explanation.fromJSON(JSON.parse(JSON.stringify(explanation.toJSON())));
  assert.deepEqual(read.targets, explanation.targets);
});

test("a target's map does not depend on the other targets", async () => {
  await using model = await load("head");
  const alone = await explainDetection(model, picture, { targets: [{ box: 1 }], iterations: 9 });
  const together = await explainDetection(model, picture, { targets: [{ box: 0 }, { box: 1 }], iterations: 9 });
  assert.deepEqual(together.map(1).data, alone.map(1).data);
});

test("boxes share passes, obey a budget, stop when they have converged and tell their progress", async () => {
  await using model = await load("head");
  const objects = await model.detect(picture);
  const d = (options: object) => explainDetection(model, picture, { method: "d-rise", targets: "all", ...options });
  const done: number[] = [];
  const cut = await d({
    masks: 2000,
    budget: { passes: 90 },
    onProgress: (progress: Progress) => done.push(progress.done),
  });
  assert.deepEqual([cut.provenance.forwardPasses, cut.targets.length], [91, objects.length]);
  assert.ok(done.length > 2 && done[0] < 45 && done.at(-1) === 90);
  assert.match(cut.provenance.notes.join(), /stopped by the budget after 90 of 2000/);
  const stopped = await d({ masks: 5000, cells: 4, targets: [{ box: 0 }], until: { correlation: 0.01 } });
  assert.ok(stopped.provenance.forwardPasses < 1500, `${stopped.provenance.forwardPasses}`);
  assert.match(stopped.provenance.notes.join(), /converged/);
});

test("the figure shows the boxes", async () => {
  await using model = await load("head");
  const explanation = await explainDetection(model, picture, {
    method: "aise",
    preset: "speed",
    targets: [{ box: 0 }],
  });
  const without = explanation.predictions.map(({ index, label, probability }) => ({ index, label, probability }));
  const bare = new Explanation({
    ...explanation,
    predictions: without,
    targets: without.slice(0, 1),
    maps: [explanation.map()],
  });
  const [figure, plain] = await Promise.all([visualize(explanation), visualize(bare)]);
  assert.match(figure.alt, /the box \d+–\d+ % across and \d+–\d+ % down/);
  assert.ok(!/the box/.test(plain.alt));
  assert.notDeepEqual(figure.png(), plain.png());
});
