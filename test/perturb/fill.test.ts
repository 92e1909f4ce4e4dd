import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { baselineOf, FILLS, type Fill, type Fillable, fillTensor } from "../../src/perturb/fill.js";
import { linearModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";

const SIDE = 4;
/** Two channels, the second twice the first; black is −1 and white 3. */
const picture = (layout: "nchw" | "nhwc"): Fillable => {
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, p) => p);
  const data = new Float32Array(2 * SIDE * SIDE);
  values.forEach((value, p) => {
    data[layout === "nchw" ? p : 2 * p] = value;
    data[layout === "nchw" ? SIDE * SIDE + p : 2 * p + 1] = 2 * value;
  });
  const dims = layout === "nchw" ? [1, 2, SIDE, SIDE] : [1, SIDE, SIDE, 2];
  return {
    input: { data, dims },
    geometry: { name: "input", layout, channels: 2, height: SIDE, width: SIDE },
    fill: ([red]) => ({ data: new Float32Array(data.length).fill((4 * red) / 255 - 1), dims }),
  };
};
const planes = (layout: "nchw" | "nhwc", data: Float32Array) =>
  [0, 1].map((c) => data.filter((_, i) => (layout === "nchw" ? Math.floor(i / (SIDE * SIDE)) : i % 2) === c));

describe("fillTensor", () => {
  for (const layout of ["nchw", "nhwc"] as const) {
    it(`fills ${layout} inputs`, () => {
      const filled = (kind: Fill) => fillTensor(picture(layout), kind);
      assert.ok(filled("zero").data.every((value) => value === 0));
      assert.ok(filled("black").data.every((value) => value === -1));
      assert.ok(filled("white").data.every((value) => value === 3));
      assert.ok(filled("grey").data.every((value) => value === 1));
      const [first, second] = planes(layout, filled("mean").data);
      assert.ok(first.every((value) => value === 7.5));
      assert.ok(second.every((value) => value === 15));
      const [a, b] = planes(layout, filled("blur").data);
      a.forEach((value, p) => {
        assert.ok(Math.abs(2 * value - b[p]) < 1e-5);
      });
      const noise = filled("noise").data;
      assert.ok(noise.every((value) => value >= -1 && value <= 3));
      assert.deepEqual(noise, filled("noise").data);
      for (const kind of FILLS) assert.deepEqual(filled(kind).dims, picture(layout).input.dims);
    });
  }

  it("refuses what it does not know", () => {
    assert.throws(() => fillTensor(picture("nchw"), "gray" as Fill), {
      code: "bad-config",
      message: "unknown fill 'gray': expected one of zero, black, white, grey, mean, blur, noise",
    });
  });
});

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

describe("the blurred baseline", () => {
  it("spreads a point over 11 × 11 pixels as a Gaussian of σ 5", async () => {
    const size = 31;
    const blank = linearModel(size, size, [new Array(size * size).fill(0)]);
    const image = plain(size, size, 0);
    image.data.fill(255, (15 * size + 15) * 3, (15 * size + 15) * 3 + 3);
    const { tensor } = await blank.prepare(image);
    const { data } = baselineOf(blank, tensor, "blur");
    const profile = (d: number) => Math.exp(-(d * d) / 50);
    const total = Array.from({ length: 11 }, (_, i) => profile(i - 5)).reduce((a, b) => a + b);
    near(data[15 * size + 15], 1 / total ** 2, 1e-7);
    near(data[12 * size + 19], (profile(3) * profile(4)) / total ** 2, 1e-7);
    assert.equal(data[15 * size + 21], 0);
  });
});
