import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../../src/core/random.js";
import { evidence } from "../../src/render/noise.js";

const map = (data: ArrayLike<number>, signed = false, uncertainty?: ArrayLike<number>) => ({
  data: Float32Array.from(data),
  width: data.length,
  height: 1,
  signed,
  uncertainty: uncertainty && Float32Array.from(uncertainty),
});

test("differences within rounding of the values are no evidence, ten times that is", () => {
  assert.equal(evidence(map([1, 1 + 9e-6])).aboveNoise, false);
  assert.equal(evidence(map([1, 1 + 1e-4])).aboveNoise, true);
});

test("how large the values are does not matter, only how they differ", () => {
  const data = [0, 0.2, 1];
  for (const factor of [1e-12, 1, 1e12]) assert.equal(evidence(map(data.map((v) => v * factor))).aboveNoise, true);
});

test("a centred map is judged by the scores it came from", () => {
  const leftovers = map([-1e-7, 1e-7, 3e-8], true);
  assert.equal(evidence(leftovers).aboveNoise, true);
  assert.equal(evidence(leftovers, 0.9).aboveNoise, false);
});

test("zeros, a single value and nothing finite are no evidence", () => {
  assert.equal(evidence(map([0, 0, 0], true)).aboveNoise, false);
  assert.equal(evidence(map([3])).aboveNoise, false);
  const nothing = evidence(map([Number.NaN, Number.POSITIVE_INFINITY]));
  assert.deepEqual(nothing, { low: 0, high: 0, floor: 0, missing: 2, aboveNoise: false });
});

test("where deviations are known, noise is rarely taken for evidence and a real peak always is", () => {
  const { normal } = random(7);
  let alarms = 0;
  for (let run = 0; run < 200; run++) {
    const noise = Array.from({ length: 196 }, normal);
    if (evidence(map(noise, true, new Array(196).fill(1))).aboveNoise) alarms++;
  }
  assert.ok(alarms <= 10, `${alarms} of 200 maps of noise passed`);
  const peak = Array.from({ length: 196 }, (_, i) => (i === 90 ? 6 : 0));
  assert.equal(evidence(map(peak, true, new Array(196).fill(1))).aboveNoise, true);
});
