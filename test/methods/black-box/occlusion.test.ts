import assert from "node:assert/strict";
import { test } from "node:test";
import { occlusion } from "../../../src/methods/black-box/occlusion.js";
import { analyticSubject } from "../../support/analytic-subject.js";

const SIDE = 16;
const input = Float32Array.from({ length: SIDE * SIDE }, (_, p) => 1 + (p % 5));
/** Adds the left half and takes away the right half. */
const halves = (image: Float32Array) => {
  let sum = 0;
  for (let p = 0; p < image.length; p++) sum += (p % SIDE < SIDE / 2 ? 1 : -1) * image[p];
  return [sum / 1000];
};
const subject = (batch = 7) => analyticSubject({ width: SIDE, height: SIDE, input, score: halves, batch });

test("a linear model's drop is the sum under the window, averaged over the windows that cover a pixel", async () => {
  const { maps } = await occlusion.explain(subject(), { window: 4, stride: 4, fill: "zero" });
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let expected = 0;
      for (let v = y - (y % 4); v < y - (y % 4) + 4; v++) {
        for (let u = x - (x % 4); u < x - (x % 4) + 4; u++) expected += (u < SIDE / 2 ? 1 : -1) * input[v * SIDE + u];
      }
      assert.ok(Math.abs(maps[0].data[y * SIDE + x] - expected / 1000) < 1e-5);
    }
  }
});

test("evidence against is negative", async () => {
  const { maps } = await occlusion.explain(subject(), { window: 4, stride: 2, fill: "zero" });
  for (let p = 0; p < SIDE * SIDE; p++) {
    const x = p % SIDE;
    if (x < SIDE / 2 - 4) assert.ok(maps[0].data[p] > 0);
    if (x >= SIDE / 2 + 4) assert.ok(maps[0].data[p] < 0);
  }
});

test("windows reach the far edges when the stride does not divide", async () => {
  const watched = subject();
  const { maps, resolved } = await occlusion.explain(watched, { window: 5, stride: 4, fill: "zero" });
  assert.equal(resolved?.passes, 16);
  assert.equal(watched.passes, 16);
  assert.notEqual(maps[0].data[SIDE * SIDE - 1], 0);
});

test("cost says beforehand how many passes it takes", () => {
  assert.equal(occlusion.cost(occlusion.defaults).forward, 13 * 13);
  assert.equal(occlusion.cost({ ...occlusion.defaults, budget: { passes: 10 } }).forward, 10);
});

test("the map does not depend on the batch size", async () => {
  const one = await occlusion.explain(subject(1), { window: 4, stride: 2, fill: "mean" });
  const all = await occlusion.explain(subject(500), { window: 4, stride: 2, fill: "mean" });
  assert.deepEqual(one.maps[0].data, all.maps[0].data);
});

test("windows that do not fit and strides that leave gaps are refused", async () => {
  for (const bad of [{ window: 17 }, { window: 0 }, { stride: 9 }, { stride: 0 }]) {
    await assert.rejects(occlusion.explain(subject(), { window: 8, stride: 4, fill: "zero", ...bad }), {
      code: "bad-config",
    });
  }
});
