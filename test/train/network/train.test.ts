import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type ClassLabel, classroom } from "../../../src/classroom/index.js";
import { isSightlineError } from "../../../src/core/errors.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import { type Checkpoint, type NetworkShape, type TrainProgress, train } from "../../../src/train/index.js";
import { temporaryFolder } from "../../support/models.js";

const LABELS: ClassLabel[] = ["star", "house", "cup"];
/** A network that learns colours in a second. */
const tiny: NetworkShape = { size: 16, stages: [{ channels: 6, kernel: 3 }, "pool", { channels: 8, kernel: 3 }] };
const few = classroom.pictures({ count: 48, seed: 4, labels: ["star", "cup"] });
const quick = { epochs: 2, batch: 16, seed: 7, threads: 1 };

test("the 32-pixel network learns three shapes, and is a model that every method can explain", async () => {
  const pictures = classroom.pictures({ count: 600, seed: 31, labels: LABELS, watermark: 0.1 });
  const seen: TrainProgress[] = [];
  const run = await train("classroom-32", pictures, {
    epochs: 8,
    batch: 32,
    onProgress: (progress) => void seen.push(progress),
  });
  await using _run = run;
  assert.ok(run.accuracy > 0.6, `${run.accuracy} of held-out pictures`);
  assert.deepEqual(run.labels, LABELS);
  assert.equal(
    run.confusion.flat().reduce((sum, count) => sum + count),
    90,
  );
  const mean = (from: number, to: number) =>
    run.history.slice(from, to).reduce((sum, { loss }) => sum + loss, 0) / (to - from);
  assert.ok(mean(-8 + run.history.length, run.history.length) < mean(0, 8) / 2, "the loss falls");
  const fresh = classroom.pictures({ count: 60, seed: 900, labels: LABELS });
  let right = 0;
  for (const { image, label } of fresh) if ((await run.model.predict(image, { top: 1 }))[0].label === label) right += 1;
  assert.ok(right >= 36, `${right} of 60 new pictures`);
  const path = join(temporaryFolder(), "small.onnx");
  await run.model.save(path);
  await using again = await loadModel(path, { threads: 1 });
  assert.deepEqual(again.labels, LABELS);
  const [first, second] = [await run.model.predict(fresh[0].image), await again.predict(fresh[0].image)];
  assert.equal(first[0].label, second[0].label);
  assert.ok(Math.abs(first[0].probability - second[0].probability) < 1e-6);
  for (const method of ["recipro-cam", "grad-cam", "integrated-gradients"] as const) {
    const { data } = (await explain(again, fresh[0].image, { method, preset: "speed" })).map();
    assert.ok(new Set(data).size > 20, method);
  }
});

test("the same seed gives the same weights, bit for bit; another seed others", async () => {
  const weights = async (seed: number) => {
    await using run = await train(tiny, few, { ...quick, seed });
    return run.checkpoint;
  };
  const [a, b, c] = [await weights(1), await weights(1), await weights(2)];
  assert.deepEqual(a, b);
  assert.notDeepEqual(a.weights, c.weights);
});

test("stopped anywhere and gone on, it ends with the weights of a training that never stopped", async () => {
  await using whole = await train(tiny, few, quick);
  for (const at of [1, 3, 5]) {
    const stop = new AbortController();
    let kept: Checkpoint | undefined;
    const onProgress = ({ done, checkpoint }: TrainProgress) => {
      if (done !== at) return;
      kept = checkpoint();
      stop.abort();
    };
    const cut = train(tiny, few, { ...quick, signal: stop.signal, onProgress });
    await assert.rejects(cut, (error) => isSightlineError(error, "aborted"));
    const onward = structuredClone(kept);
    await using rest = await train(tiny, few, { ...quick, checkpoint: onward });
    assert.deepEqual(rest.checkpoint, whole.checkpoint, `stopped after step ${at}`);
    assert.deepEqual(onward, kept, "the checkpoint itself is left as it was");
  }
  const other = whole.checkpoint;
  await assert.rejects(train(tiny, few, { ...quick, seed: 8, checkpoint: other }), /is of another training/);
  await assert.rejects(train(tiny, few.slice(1), { ...quick, checkpoint: other }), /is of another training/);
  await assert.rejects(train(tiny, few, { ...quick, checkpoint: {} as never }), /not a checkpoint/);
});

test("progress tells loss, accuracy and the map of a watched picture that moves while the network learns", async () => {
  const [watched] = classroom.pictures({ count: 1, seed: 60, labels: ["cup"] });
  const maps: Float32Array[] = [];
  const lengths: number[] = [];
  const pending: Promise<void>[] = [];
  await using run = await train(tiny, few, {
    ...quick,
    watch: watched,
    onProgress({ phase, history, maps: look }) {
      if (phase !== "learning") return;
      lengths.push(history.length);
      pending.push(look().then(([map]) => void maps.push(map.data)));
    },
  });
  await Promise.all(pending);
  assert.deepEqual(lengths, [1, 2, 3, 4, 5, 6]);
  assert.ok(maps.every((map) => map.length === 64 && map.every(Number.isFinite)));
  assert.ok(
    maps.slice(1).every((map, i) => map.some((value, p) => value !== maps[i][p])),
    "each map differs from the last",
  );
  assert.ok(run.history.every(({ loss, accuracy }) => loss > 0 && accuracy >= 0 && accuracy <= 1));
  const gradCam = (await explain(run.model, watched.image, { method: "grad-cam", targets: "cup" })).map();
  const last = maps[maps.length - 1];
  const evidence = last.map((value) => Math.max(0, value));
  const [own, cam] = [evidence, gradCam.data].map((map) => map.map((value) => value / Math.hypot(...map)));
  assert.ok(
    own.every((value, i) => Math.abs(value - cam[i]) < 1e-4),
    "the last map is the finished model's, whose Grad-CAM it is but for a factor",
  );
});

test("networks, pictures and options that cannot be are refused in words", async () => {
  const refused = (network: unknown, options: object, message: RegExp) =>
    assert.rejects(train(network as never, few, options), message);
  await refused("classroom-65", {}, /one of classroom-64, classroom-32/);
  await refused({ size: 16, stages: ["pool"] }, {}, /not a network/);
  await refused({ size: 12, stages: [{ channels: 4, kernel: 3 }, "pool", "pool", "pool"] }, {}, /leave a map of 1.5/);
  await refused({ size: 16, stages: [{ channels: 4, kernel: 4 }] }, {}, /cannot use kernel '4': expected 1, 3, 5, 7/);
  await refused(tiny, { epochs: 0 }, /epochs 0/);
  await refused(tiny, { holdOut: 0.6 }, /holdOut 0.6/);
  await refused(tiny, { epoch: 3 }, /unknown option 'epoch'.*did you mean 'epochs'/);
  await refused(tiny, { watch: { image: few[0].image, label: "boat" } }, /label 'boat': expected star, cup/);
  await assert.rejects(train(tiny, few.slice(0, 2)), /got 1 picture of 'star'/);
});
