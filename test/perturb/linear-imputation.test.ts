import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { random } from "../../src/core/random.js";
import { linearImputer } from "../../src/perturb/linear-imputation.js";

/** Weighted mean of a pixel's neighbours within the picture. */
function neighbourMean(plane: Float32Array, width: number, height: number, pixel: number): number {
  let sum = 0;
  let weights = 0;
  for (let down = -1; down <= 1; down++) {
    for (let right = -1; right <= 1; right++) {
      const [x, y] = [(pixel % width) + right, Math.floor(pixel / width) + down];
      if ((down === 0 && right === 0) || x < 0 || y < 0 || x >= width || y >= height) continue;
      const weight = down === 0 || right === 0 ? 2 : 1;
      sum += weight * plane[y * width + x];
      weights += weight;
    }
  }
  return sum / weights;
}

describe("linear imputation", () => {
  it("continues a slope through a hole", () => {
    const [width, height] = [9, 7];
    const slope = Float32Array.from({ length: width * height }, (_, i) => 2 * (i % width) - 3 * Math.floor(i / width));
    const hidden = slope.map((_, i) => +(i % width > 2 && i % width < 6 && i > 2 * width && i < 5 * width));
    const spoilt = slope.map((value, i) => (hidden[i] ? 99 : value));
    const filled = linearImputer(Uint8Array.from(hidden), width, height)(spoilt);
    for (const [i, value] of slope.entries()) assert.ok(Math.abs(filled[i] - value) < 1e-4, `${i}: ${filled[i]}`);
  });

  it("makes every hidden pixel the mean of its neighbours, and leaves the others, whatever is hidden", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 2, max: 12 }), fc.nat(), (width, height, seed) => {
        const source = random(seed);
        const plane = Float32Array.from({ length: width * height }, () => source.normal());
        const share = source.uniform();
        const hidden = Uint8Array.from(plane, () => +(source.uniform() < share));
        hidden[source.integer(hidden.length)] = 0;
        const filled = linearImputer(hidden, width, height)(plane);
        for (let i = 0; i < plane.length; i++) {
          const expected = hidden[i] ? neighbourMean(filled, width, height, i) : plane[i];
          assert.ok(Math.abs(filled[i] - expected) < 1e-4, `${i}: ${filled[i]} instead of ${expected}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("spreads what little is known over everything else", () => {
    const hidden = new Uint8Array(100 * 80).fill(1);
    hidden[4321] = 0;
    const plane = new Float32Array(hidden.length);
    plane[4321] = 0.75;
    const filled = linearImputer(hidden, 100, 80)(plane);
    assert.ok(filled.every((value) => Math.abs(value - 0.75) < 1e-4));
  });

  it("gives back a plane of which nothing is hidden, and does not touch the one that it got", () => {
    const plane = Float32Array.of(1, 2, 3, 4);
    assert.deepEqual(linearImputer(new Uint8Array(4), 2, 2)(plane), plane);
    linearImputer(Uint8Array.of(1, 0, 0, 0), 2, 2)(plane);
    assert.deepEqual(plane, Float32Array.of(1, 2, 3, 4));
  });
});
