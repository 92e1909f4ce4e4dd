import assert from "node:assert/strict";
import { test } from "node:test";
import type { RawMap } from "../../../../src/core/raw-map.js";
import { aise } from "../../../../src/methods/black-box/aise/aise.js";
import {
  type Kernel,
  kernelDensity,
  kernelMasks,
  type ScoredKernel,
} from "../../../../src/methods/black-box/aise/kernel-search.js";
import { analyticSubject } from "../../../support/analytic-subject.js";

const WIDTH = 60;
const HEIGHT = 48;
const INNER = 4;
const OUTER = 9;
const CENTRE = { x: 40, y: 17 };

const normal = (p: number, sigma: number, { x, y }: { x: number; y: number }) => {
  const squared = ((p % WIDTH) + 0.5 - x) ** 2 + (Math.floor(p / WIDTH) + 0.5 - y) ** 2;
  return Math.exp(-squared / (2 * sigma * sigma)) / (2 * Math.PI * sigma * sigma);
};

/**
 * A linear model that sees a narrow Gaussian minus a wide one around a point. A window of width σ there scores
 * σ²/(σ² + a²) − σ²/(σ² + b²), which is largest at σ² = a · b.
 */
const hat = (centre: { x: number; y: number }) => {
  const weights = Float64Array.from(
    { length: WIDTH * HEIGHT },
    (_, p) => normal(p, INNER, centre) - normal(p, OUTER, centre),
  );
  return (image: Float32Array) => image.reduce((sum, value, p) => sum + value * weights[p], 0);
};
const first = hat(CENTRE);
const second = hat({ x: 18, y: 30 });
const subject = (options: { targets?: number[]; batch?: number } = {}) =>
  analyticSubject({ width: WIDTH, height: HEIGHT, score: (image) => [first(image), second(image)], ...options });
const sigmas = [0.06, 0.09, 0.125, 0.17, 0.25];
const options = { ...aise.defaults, sigmas, iterations: 60, epsilon: 1e-3 };
const bestOf = (result: { resolved?: Readonly<Record<string, unknown>> }) => result.resolved?.best as ScoredKernel[];

test("the best window has the centre and the width of what the model looks at", async () => {
  const result = await aise.explain(subject(), options);
  const [best] = bestOf(result);
  assert.ok(Math.hypot(best.x - CENTRE.x, best.y - CENTRE.y) < 1, `centre ${best.x}, ${best.y}`);
  const width = Math.sqrt(INNER * OUTER);
  const nearest = sigmas.map((share) => share * HEIGHT).sort((a, b) => Math.abs(a - width) - Math.abs(b - width))[0];
  assert.equal(best.sigma, nearest);
});

test("the score is what the window keeps minus what is lost without it", async () => {
  const [best] = bestOf(await aise.explain(subject(), options));
  const s = best.sigma ** 2;
  const kept = s / (s + INNER ** 2) - s / (s + OUTER ** 2);
  // The whole picture scores 0 but for what the border cuts off the Gaussians.
  const whole = first(new Float32Array(WIDTH * HEIGHT).fill(1));
  assert.ok(Math.abs(best.score - (2 * kept - whole)) < 0.02, `${best.score} instead of ${2 * kept - whole}`);
});

test("the map peaks where the model looks", async () => {
  const { maps } = await aise.explain(subject({ targets: [0, 1] }), { ...aise.defaults, iterations: 20 });
  const peak = ({ data, width }: RawMap) => {
    const at = data.indexOf(data.reduce((a, b) => Math.max(a, b)));
    return { x: (at % width) + 0.5, y: Math.floor(at / width) + 0.5 };
  };
  assert.ok(Math.hypot(peak(maps[0]).x - CENTRE.x, peak(maps[0]).y - CENTRE.y) < 4);
  assert.ok(Math.hypot(peak(maps[1]).x - 18, peak(maps[1]).y - 30) < 4);
});

test("every pass is counted: two for each window, width and target, and never more than the budget", async () => {
  const one = subject();
  const result = await aise.explain(one, { ...options, iterations: 13 });
  assert.equal(one.passes, 2 * 13 * sigmas.length);
  assert.equal(result.resolved?.passes, one.passes);
  assert.equal(aise.cost({ ...options, iterations: 13 }).forward, one.passes);

  const limited = subject();
  const { notes } = await aise.explain(limited, { ...options, budget: { passes: 77 } });
  assert.equal(limited.passes, 70);
  assert.match(notes?.join() ?? "", /the budget pays for 7 of 60 windows/);
  await assert.rejects(aise.explain(subject(), { ...options, budget: { passes: 5 } }), { code: "bad-config" });
});

test("a map depends neither on the batch size nor on the other targets", async () => {
  const { maps } = await aise.explain(subject({ batch: 1 }), { ...options, iterations: 15 });
  const other = await aise.explain(subject({ batch: 32, targets: [1, 0] }), { ...options, iterations: 15 });
  assert.deepEqual(other.maps[1].data, maps[0].data);
});

test("windows that several targets ask for are looked at once", async () => {
  const both = subject({ targets: [0, 1] });
  await aise.explain(both, { ...options, iterations: 15 });
  assert.ok(both.passes < 2 * 2 * 15 * sigmas.length, `${both.passes}`);
});

test("a map is there from the first batch on", async () => {
  const reports: { done: number; total: number; maps: RawMap[] }[] = [];
  const watched = subject();
  watched.progress = ({ done, total, maps }) => reports.push({ done, total, maps: (maps?.() ?? []) as RawMap[] });
  await aise.explain(watched, { ...options, iterations: 12 });
  assert.ok(reports.length > 2);
  assert.ok(reports[0].maps[0].data.some((value) => value > 0));
  assert.ok(reports.every(({ done }, i) => i === 0 || done > reports[i - 1].done));
  assert.equal(reports.at(-1)?.done, reports.at(-1)?.total);
});

test("a class that no window keeps has an empty map, and a note says so", async () => {
  const blind = analyticSubject({ width: 20, height: 20, score: () => [0.3] });
  const { maps, notes } = await aise.explain(blind, { ...aise.defaults, iterations: 10 });
  assert.ok(maps[0].data.every((value) => value === 0));
  assert.match(notes?.join() ?? "", /low signal/);
});

test("masks are Gaussians followed by their complements", () => {
  const kernel: Kernel = { x: 5, y: 3, sigma: 2 };
  const { count, masks } = kernelMasks([kernel], 9, 7, true);
  assert.ok(masks.kind === "separable" && count === 2 && masks.rank === 2);
  for (let copy = 0; copy < 2; copy++) {
    for (const [i, j] of [
      [3, 5],
      [0, 0],
      [6, 8],
    ]) {
      let value = 0;
      for (let r = 0; r < 2; r++) value += masks.left[(copy * 7 + i) * 2 + r] * masks.right[(copy * 2 + r) * 9 + j];
      const window = Math.exp(-((j + 0.5 - 5) ** 2 + (i + 0.5 - 3) ** 2) / 8);
      assert.ok(Math.abs(value - (copy === 0 ? window : 1 - window)) < 1e-6);
    }
  }
});

test("the map of one window is that window over its height, whatever its score", () => {
  const { data } = kernelDensity([[{ x: 4.5, y: 4.5, sigma: 2, score: 0.2 }]], 9, 9);
  assert.ok(Math.abs(data[4 * 9 + 4] - 1) < 1e-6);
  assert.ok(Math.abs(data[4 * 9 + 6] - Math.exp(-4 / 8)) < 1e-6);
});

test("options out of range are refused", async () => {
  for (const wrong of [
    { iterations: 0 },
    { epsilon: -1 },
    { sigmas: [] },
    { sigmas: [0] },
    { budget: { passes: 0 } },
  ]) {
    await assert.rejects(aise.explain(subject(), { ...options, ...wrong }), { code: "bad-config" });
  }
});
