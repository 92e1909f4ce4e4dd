import assert from "node:assert/strict";
import { test } from "node:test";
import type { Perturbable } from "../../src/perturb/fill.js";
import { segmentMasks, segmentPicture } from "../../src/perturb/segment-masks.js";
import { grid } from "../../src/segment/index.js";

const SIDE = 4;
/** Values 0…15 row by row, one channel. */
const picture: Perturbable = {
  input: { data: Float32Array.from({ length: SIDE * SIDE }, (_, p) => p), dims: [1, 1, SIDE, SIDE] },
  geometry: { name: "input", layout: "nchw", channels: 1, height: SIDE, width: SIDE },
  fill: () => ({ data: new Float32Array(SIDE * SIDE), dims: [1, 1, SIDE, SIDE] }),
  pixels: async () => ({ data: new Uint8Array(SIDE * SIDE * 3), width: SIDE, height: SIDE }),
};

test("a segment's mean stands where it is hidden", async () => {
  const { count, batch } = await segmentPicture(picture, { segments: "grid", count: 4, fill: "segment-mean" });
  assert.equal(count, 4);
  const { base, delta } = batch(new Float32Array(4));
  assert.deepEqual([base?.data[0], base?.data[3], base?.data[15]], [2.5, 4.5, 12.5]);
  assert.ok(delta.data.every((value, p) => value + (base?.data[p] as number) === p));
});

test("a batch has a row of weights for each copy, a map one value for each segment", () => {
  const base = { data: new Float32Array(SIDE * SIDE), dims: [1, 1, SIDE, SIDE] };
  const masks = segmentMasks(picture, grid(SIDE, SIDE, 2), base);
  const weights = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1);
  const batch = masks.batch(weights);
  assert.equal(batch.count, 2);
  assert.deepEqual(batch.masks.kind === "segments" && batch.masks.weights, weights);
  const map = masks.map([10, 20, 30, 40]);
  assert.deepEqual([map.data[0], map.data[2], map.data[8], map.data[15]], [10, 20, 30, 40]);
  assert.equal(map.regions?.[15], 3);
});
