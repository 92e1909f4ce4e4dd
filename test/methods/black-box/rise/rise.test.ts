import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../../../../src/core/random.js";
import type { RawMap } from "../../../../src/core/raw-map.js";
import { pearson } from "../../../../src/core/statistics.js";
import { rise } from "../../../../src/methods/black-box/rise/rise.js";
import { RiseDesign } from "../../../../src/methods/black-box/rise/rise-design.js";
import { analyticSubject } from "../../../support/analytic-subject.js";

const WIDTH = 24;
const HEIGHT = 18;

/** A model that answers with the mean brightness of one rectangle. */
const rectangle = { x: 4, y: 3, width: 8, height: 6 };
const inside = (p: number) => {
  const x = p % WIDTH;
  const y = Math.floor(p / WIDTH);
  return (
    x >= rectangle.x && x < rectangle.x + rectangle.width && y >= rectangle.y && y < rectangle.y + rectangle.height
  );
};
const brightness = (image: Float32Array) => {
  let sum = 0;
  for (let p = 0; p < image.length; p++) if (inside(p)) sum += image[p];
  return [sum / (rectangle.width * rectangle.height), 0.5];
};
const subject = (options: { batch?: number; seed?: number } = {}) =>
  analyticSubject({ width: WIDTH, height: HEIGHT, score: brightness, targets: [0, 1], ...options });
const options = { ...rise.defaults, masks: 600, cells: 6 };

test("masks are bilinear enlargements of 0/1 grids, shifted by whole pixels", () => {
  const design = new RiseDesign(HEIGHT, WIDTH, 6, 0.5, random(3));
  const { left, right, rank } = design.separable(0, 2);
  const cell = { y: Math.ceil(HEIGHT / 6), x: Math.ceil(WIDTH / 6) };
  for (let n = 0; n < 2; n++) {
    const [shiftY, shiftX] = design.shifts[n];
    assert.ok(shiftY < cell.y && shiftX < cell.x);
    for (const [y, x] of [
      [0, 0],
      [7, 11],
      [HEIGHT - 1, WIDTH - 1],
    ]) {
      const at = (size: number, step: number, position: number) =>
        Math.min(size - 1, Math.max(0, ((position + 0.5) * size) / ((size + 1) * step) - 0.5));
      const v = at(6, cell.y, y + shiftY);
      const u = at(6, cell.x, x + shiftX);
      let expected = 0;
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          expected += Math.max(0, 1 - Math.abs(v - i)) * Math.max(0, 1 - Math.abs(u - j)) * design.grids[n][i * 6 + j];
        }
      }
      let got = 0;
      for (let r = 0; r < rank; r++) got += left[(n * HEIGHT + y) * rank + r] * right[(n * rank + r) * WIDTH + x];
      assert.ok(Math.abs(got - expected) < 1e-5, `mask ${n} at ${y}, ${x}: ${got} instead of ${expected}`);
    }
  }
});

test("accumulating by shifts equals adding up the masks one by one", () => {
  const design = new RiseDesign(HEIGHT, WIDTH, 6, 0.5, random(5));
  const { left, right, rank } = design.separable(0, 40);
  const weights = Array.from({ length: 40 }, (_, n) => Math.sin(n));
  const expected = new Float64Array(HEIGHT * WIDTH);
  for (let n = 0; n < 40; n++) {
    for (let p = 0; p < expected.length; p++) {
      const y = Math.floor(p / WIDTH);
      const x = p % WIDTH;
      for (let r = 0; r < rank; r++) {
        expected[p] += weights[n] * left[(n * HEIGHT + y) * rank + r] * right[(n * rank + r) * WIDTH + x];
      }
    }
  }
  const got = design.accumulate(weights);
  for (let p = 0; p < expected.length; p++) assert.ok(Math.abs(got[p] - expected[p]) < 1e-4);
});

test("the evidence lies where the model looks, and a constant class has none", async () => {
  const { maps } = await rise.explain(subject(), options);
  const truth = Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) => (inside(p) ? 1 : 0));
  assert.ok(pearson(maps[0].data, truth) > 0.7, `correlation ${pearson(maps[0].data, truth)}`);
  assert.ok(maps[1].data.every((value) => Math.abs(value) < 1e-6));
});

test("without centring it is the paper's sum: 1/(N·p) Σ f·M, never below zero for a probability", async () => {
  const { maps } = await rise.explain(subject(), { ...options, centre: false });
  assert.ok(maps[1].data.every((value) => value >= 0));
  const mean = maps[1].data.reduce((sum, value) => sum + value, 0) / maps[1].data.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05, `Σ ½·M / (N·p) is about ½, not ${mean}`);
});

for (const interpolation of ["bilinear", "bicubic"] as const) {
  test(`the same seed gives the same map bit for bit, whatever the batch size (${interpolation})`, async () => {
    const one = await rise.explain(subject({ batch: 1 }), { ...options, interpolation });
    const many = await rise.explain(subject({ batch: 37 }), { ...options, interpolation });
    const other = await rise.explain(subject({ batch: 37, seed: 1 }), { ...options, interpolation });
    assert.deepEqual(one.maps[0].data, many.maps[0].data);
    assert.notDeepEqual(one.maps[0].data, other.maps[0].data);
  });
}

test("it stops when the halves agree, and says how many passes that took", async () => {
  const watched = analyticSubject({ width: WIDTH, height: HEIGHT, score: brightness });
  const { resolved, notes } = await rise.explain(watched, { ...options, masks: 20_000, until: { correlation: 0.9 } });
  assert.ok(Number(resolved?.passes) < 20_000);
  assert.ok(Number(resolved?.convergence) >= 0.9);
  assert.match(String(notes), /stopped after \d+ of 20000 passes: the map has converged/);
});

test("a budget of passes is kept, and said", async () => {
  const watched = subject();
  const { resolved, notes } = await rise.explain(watched, { ...options, budget: { passes: 100 } });
  assert.equal(watched.passes, 100);
  assert.equal(resolved?.passes, 100);
  assert.match(String(notes), /stopped by the budget after 100 of 600 passes/);
});

test("progress comes after every batch, with the map so far", async () => {
  const watched = subject({ batch: 50 });
  const seen: number[] = [];
  const maps: unknown[] = [];
  watched.progress = (progress) => {
    assert.equal(progress.total, 600);
    maps.push(progress.maps?.());
    seen.push(progress.done);
  };
  await rise.explain(watched, options);
  for (const made of (await Promise.all(maps)) as RawMap[][]) assert.equal(made.length, 2);
  assert.equal(seen[0], 50);
  assert.equal(seen[seen.length - 1], 600);
});

test("options out of range are refused by name", async () => {
  for (const bad of [
    { masks: 0 },
    { cells: 1 },
    { probability: 1 },
    { budget: { passes: 0 } },
    { until: { correlation: 2 } },
  ]) {
    await assert.rejects(rise.explain(subject(), { ...options, ...bad }), {
      name: "SightlineError",
      code: "bad-config",
    });
  }
});
