import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { loadModel } from "../../src/load-model.js";

test("passes over thousands of masks are not disturbed by twenty other graphs of the model that are opened beside them", async () => {
  const { url, options } = classroom.models.honest;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
  const { tensor } = await model.prepare(image);
  const { height, width } = model.info.input;
  const layers = model.layers().map(({ name }) => name);
  const pairs = layers.flatMap((one, i) => layers.slice(i + 1).map((other) => [one, other])).slice(0, 20);
  assert.equal(pairs.length, 20);
  const [count, segments] = [4000, 4];
  const labels = Int32Array.from({ length: height * width }, (_, i) => i % segments);
  const weights = Float32Array.from({ length: count * segments }, random(3).uniform);
  const batch = { delta: tensor, count, masks: { kind: "segments", segments, labels, weights } } as const;
  const alone = await model.masked(batch);
  const beside = model.masked(batch);
  for (const pair of pairs) await model.observe(tensor, { layers: pair });
  assert.deepEqual(await beside, alone);
});
