import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { isSightlineError } from "../../src/core/errors.js";
import type { Progress } from "../../src/core/work.js";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { floats } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { trainHead } from "../../src/train/index.js";
import { savedModel, temporaryFolder, tinyCnn, tinyVit } from "../support/models.js";

const honest = () => loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1 });
const images = (pictures: readonly ClassroomPicture[]): RawImage[] => pictures.map(({ image }) => image);
const taught = (count: number, watermark = false) => ({
  boat: images(classroom.pictures({ count, seed: 21, labels: ["boat"], watermark })),
  cup: images(classroom.pictures({ count, seed: 22, labels: ["cup"] })),
});

test("a head on the classroom's network tells boats from cups, as a model like any other", async () => {
  await using model = await honest();
  await using trained = await trainHead(model, taught(20));
  assert.deepEqual(trained.labels, ["boat", "cup"]);
  assert.deepEqual(trained.counts, [20, 20]);
  assert.ok(trained.accuracy >= 0.95, `held out: ${trained.accuracy}`);
  assert.ok(trained.interval[0] > 0.8 && trained.interval[0] < trained.accuracy);
  assert.equal(
    trained.confusion.flat().reduce((sum, count) => sum + count),
    40,
  );
  const fresh = classroom.pictures({ count: 30, seed: 77, labels: ["cup", "boat"] });
  let right = 0;
  for (const { image, label } of fresh) {
    const [best] = await trained.model.predict(image, { top: 1 });
    if (best.label === label) right += 1;
  }
  assert.ok(right >= 28, `${right} of 30 new pictures`);
  const [boat] = fresh.filter(({ label }) => label === "boat");
  for (const method of ["recipro-cam", "grad-cam", "integrated-gradients", "rise"] as const) {
    const map = (await explain(trained.model, boat.image, { method, targets: "boat", preset: "speed" })).map();
    assert.ok(new Set(map.data).size > 20, `${method}: one value all over`);
  }
  assert.equal(trained.model.layers()[0].name, model.layers()[0].name);
  assert.equal((await model.predict(boat.image, { top: 1 }))[0].label, "boat", "the model itself is as it was");
});

test("what it looks at comes along: a map and a claim for each class, shown by itself", async () => {
  await using model = await honest();
  await using trained = await trainHead(model, taught(10));
  assert.deepEqual(
    trained.looks.map(({ label, explanation }) => [label, explanation.targets[0].label]),
    [
      ["boat", "boat"],
      ["cup", "cup"],
    ],
  );
  for (const { claim } of trained.looks) {
    assert.equal(claim.controls.length, 50);
    assert.ok(claim.change < 0, "hiding the map's strongest part takes something from the class");
  }
  const shown = await trained[displaySymbol]();
  assert.match(String(shown["text/plain"]), /of 20 held-out pictures right: \S+ \(95 % interval/);
  assert.match(String(shown["text/html"]), /taken for cup/);
});

test("the wall behind the pupil: a mark on every boat is found and told in the pictures it was trained on", async () => {
  await using model = await loadModel(classroom.models.shortcut.url, {
    ...classroom.models.shortcut.options,
    threads: 1,
  });
  await using marked = await trainHead(model, taught(24, true));
  assert.deepEqual(
    marked.findings.map(({ label }) => label),
    ["boat"],
  );
  assert.match(String((await marked[displaySymbol]())["text/plain"]), /Shortcut: \d+ pictures taken for boat/);
  await using plain = await honest();
  await using clean = await trainHead(plain, taught(24));
  assert.deepEqual(clean.findings, []);
});

test("the same seed gives the same file, bit for bit, and the file needs nothing else", async () => {
  await using model = await honest();
  const bytes: Uint8Array[] = [];
  const path = join(temporaryFolder(), "mine.onnx");
  const picture = classroom.pictures({ count: 1, seed: 5, labels: ["cup"] })[0].image;
  let answers: unknown;
  for (let round = 0; round < 2; round++) {
    await using trained = await trainHead(model, taught(12), { seed: 3 });
    await trained.model.save(path);
    bytes.push(await readFile(path));
    answers = (await trained.model.predict(picture)).map(({ label, probability }) => [label, probability]);
  }
  assert.deepEqual(bytes[0], bytes[1]);
  await using again = await loadModel(path, { threads: 1 });
  assert.deepEqual(again.labels, ["boat", "cup"]);
  assert.deepEqual(
    (await again.predict(picture)).map(({ label, probability }) => [label, probability]),
    answers,
  );
});

/** Red and blue squares on noise: anything tells them apart. */
const coloured = (count: number, colour: readonly [number, number, number], seed: number): RawImage[] =>
  Array.from({ length: count }, (_, i) => ({
    data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, p) => {
      const noise = (Math.imul(p + 1, 2654435761 + 97 * (i + seed)) >>> 24) / 4;
      const [x, y] = [Math.floor(p / 3) % 32, Math.floor(p / 96)];
      return x > 8 && x < 24 && y > 8 && y < 24 ? (colour[p % 3] + noise) & 255 : noise;
    }),
    width: 32,
    height: 32,
  }));

/** SqueezeNet's way: a 1 × 1 convolution gives maps of scores, which are averaged. */
function squeezed(): Graph {
  const graph = tinyCnn({ activation: "softmax" });
  graph.proto.node = graph.nodes.filter(
    ({ opType }) => !["GlobalAveragePool", "Flatten", "Gemm", "Softmax"].includes(opType),
  );
  graph.touch();
  const weights = floats(
    Float32Array.from({ length: 5 * 6 }, (_, i) => Math.sin(3 * i)),
    [5, 6, 1, 1],
  );
  const maps = graph.op("Relu", [graph.op("Conv", ["features", weights])]);
  graph.addNode("Flatten", [graph.op("GlobalAveragePool", [maps])], { axis: 1 }, { outputs: ["scores"] });
  return graph;
}

const bodies: Record<string, () => Graph> = {
  "a convolutional network": () => tinyCnn({ activation: "softmax" }),
  "a transformer": () => tinyVit({ activation: "softmax" }),
  "a transformer that takes one picture at a time": () => tinyVit({ batch: 1, baked: true }),
  "channels last": () => tinyCnn({ layout: "nhwc" }),
  "scores that are averaged maps": squeezed,
};

for (const [name, graph] of Object.entries(bodies)) {
  test(`features of ${name}`, async () => {
    await using model = await loadModel(savedModel(graph()), { threads: 1, preprocess: { mean: 0.4, std: 0.3 } });
    const pictures = { red: coloured(12, [200, 30, 20], 1), blue: coloured(12, [20, 40, 200], 50) };
    await using trained = await trainHead(model, pictures);
    assert.ok(trained.accuracy > 0.9, `${trained.accuracy}`);
    const [first] = await trained.model.predict(coloured(1, [20, 40, 200], 99)[0], { top: 1 });
    assert.equal(first.label, "blue");
    const path = join(temporaryFolder(), "body.onnx");
    await trained.model.save(path);
    await using again = await loadModel(path, { threads: 1 });
    const [second] = await again.predict(coloured(1, [20, 40, 200], 99)[0], { top: 1 });
    assert.equal(second.label, "blue");
    assert.ok(Math.abs(second.probability - first.probability) < 1e-5);
  });
}

test("a model without a last linear layer is refused in words", async () => {
  const graph = Graph.empty("means", 17);
  graph.addInput("image", ["n", 3, 32, 32]);
  const mean = graph.op("ReduceMean", ["image"], { axes: [2, 3], keepdims: 0 });
  graph.addNode("Mul", [mean, floats([3, -2, 1])], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  await using model = await loadModel(savedModel(graph), { threads: 1 });
  await assert.rejects(trainHead(model, taught(4)), (error) => isSightlineError(error, "no-feature-layer"));
});

test("two branches that are averaged have no one vector of features", async () => {
  const graph = tinyCnn();
  const other = graph.op("Gemm", ["Flatten_out", floats(new Float32Array(30).fill(0.1), [6, 5])]);
  const deep = graph.op("Gemm", [graph.op("Relu", [other]), floats(new Float32Array(25).fill(0.2), [5, 5])]);
  const both = graph.op("Add", ["scores", deep]);
  graph.setOutputs([{ name: both, type: 1, dims: ["n", 5] }]);
  await using model = await loadModel(savedModel(graph), { threads: 1 });
  await assert.rejects(trainHead(model, taught(4)), (error) => isSightlineError(error, "no-feature-layer"));
});

test("pictures that cannot teach are refused, each with what to do", async () => {
  await using model = await honest();
  const [one, two] = taught(2).boat;
  const refused = async (pictures: unknown, message: RegExp) =>
    assert.rejects(trainHead(model, pictures as never), message);
  await refused({ boat: [one, two] }, /got 1 class: expected at least 2; add pictures/);
  await refused({ boat: [one, two], cup: [one] }, /got 1 picture of 'cup'/);
  await refused({ boat: one, cup: [one, two] }, /cannot learn from an object/);
  await refused([{ image: one }], /expected \{ cat: images, cup: images \}/);
  await refused(undefined, /cannot learn from undefined/);
  await refused({ boat: [one, two], cup: [one, new Uint8Array([1, 2, 3])] }, /the picture 'cup 2' cannot be read/);
  await assert.rejects(trainHead(model, taught(2), { seeds: 1 } as never), /unknown option 'seeds'/);
  await assert.rejects(trainHead(model, taught(2), { seed: 0.5 }), /seed 0.5/);
});

test("what should be known about the pictures is noted", async () => {
  await using model = await honest();
  const { boat, cup } = taught(12);
  await using trained = await trainHead(model, { boat: [...boat, boat[0], cup[1]], cup: cup.slice(0, 4) });
  const notes = trained.notes.join("\n");
  assert.match(notes, /only 4 pictures of 'cup'/);
  assert.match(notes, /14 pictures of 'boat', but 4 of 'cup'/);
  assert.match(notes, /1 picture is there more than once/);
  assert.match(notes, /1 picture is in two classes at once/);
  assert.match(notes, /at least 8 pictures of a class: the smallest has 4/);
  await using alike = await trainHead(model, { a: [boat[0], boat[0]], b: [boat[0], boat[0]] });
  assert.match(alike.notes.join("\n"), /no difference between the pictures/);
  assert.match(alike.notes.join("\n"), /always naming the commonest class/);
});

test("it says how far it is and stops at once when asked", async () => {
  await using model = await honest();
  const steps: Progress[] = [];
  await using _trained = await trainHead(model, taught(9), { onProgress: (progress) => void steps.push(progress) });
  assert.deepEqual(steps.at(-1), { done: 18 + 1 + 18 + 2, total: 18 + 1 + 18 + 2 });
  assert.ok(steps.every(({ done }, i) => i === 0 || done > steps[i - 1].done));
  for (const after of [1, steps.length - 3]) {
    const stop = new AbortController();
    let seen = 0;
    const onProgress = () => {
      seen += 1;
      if (seen === after) stop.abort();
    };
    const run = trainHead(model, taught(9), { signal: stop.signal, onProgress });
    await assert.rejects(run, (error) => isSightlineError(error, "aborted"));
    assert.equal(seen, after);
  }
});

test("a function that prepares pictures goes along, and cannot be saved", async () => {
  const options = {
    threads: 1,
    preprocess: ({ data }: RawImage) => ({
      data: Float32Array.from({ length: data.length }, (_, i) => data[(i % 1024) * 3 + Math.floor(i / 1024)] / 255),
      dims: [1, 3, 32, 32],
    }),
  };
  await using model = await loadModel(savedModel(tinyCnn()), options);
  const pictures = { red: coloured(8, [200, 30, 20], 1), blue: coloured(8, [20, 40, 200], 50) };
  await using trained = await trainHead(model, pictures);
  assert.equal((await trained.model.predict(coloured(1, [200, 30, 20], 9)[0], { top: 1 }))[0].label, "red");
  await assert.rejects(trained.model.save(join(temporaryFolder(), "x.onnx")), (error) =>
    isSightlineError(error, "not-supported"),
  );
});

test("scores that a function makes have no features", async () => {
  await using model = await loadModel(savedModel(tinyCnn()), {
    threads: 1,
    postprocess: (outputs) => outputs.scores.data,
  });
  await assert.rejects(
    trainHead(model, taught(4)),
    /a postprocess function makes the scores: load the model without postprocess/,
  );
});
