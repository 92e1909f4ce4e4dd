import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Fit, fitImage, viewOf } from "../../src/image/geometry.js";
import type { RawImage } from "../../src/image/types.js";

const fit = (options: Partial<Fit>): Fit => ({
  width: 8,
  height: 8,
  resize: "exact",
  interpolation: "nearest",
  padding: [0, 0, 0],
  ...options,
});

/** Red grows to the right, green downwards. */
const ramp = (width: number, height: number): RawImage => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return [cell % width, Math.floor(cell / width), 7][i % 3];
  }),
  width,
  height,
});
const at = ({ data, width }: RawImage, x: number, y: number) => [
  ...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe("fitImage", () => {
  it("a picture of the right size is left as it is", async () => {
    const image = ramp(8, 8);
    assert.deepEqual([...(await fitImage(image, fit({}))).data], [...image.data]);
    assert.deepEqual(viewOf(image, fit({})), { x: 0, y: 0, width: 8, height: 8 });
  });

  it("shortest-N scales the short side and cuts out the centre", async () => {
    const image = ramp(40, 20);
    const cut = await fitImage(image, fit({ resize: "shortest-20" }));
    assert.deepEqual(
      [at(cut, 0, 0), at(cut, 7, 7)],
      [
        [16, 6, 7],
        [23, 13, 7],
      ],
    );
    assert.deepEqual(viewOf(image, fit({ resize: "shortest-20" })), { x: 16, y: 6, width: 8, height: 8 });
    const half = viewOf(image, fit({ resize: "shortest-10" }));
    assert.deepEqual(half, { x: 12, y: 2, width: 16, height: 16 });
    const tall = viewOf(ramp(20, 40), fit({ resize: "shortest-10" }));
    assert.deepEqual(tall, { x: 2, y: 12, width: 16, height: 16 });
  });

  it("exact stretches, letterbox pads and its view reaches beyond the picture", async () => {
    const image = ramp(16, 8);
    assert.deepEqual(viewOf(image, fit({})), { x: 0, y: 0, width: 16, height: 8 });
    const boxed = await fitImage(image, fit({ resize: "letterbox", padding: [9, 8, 250] }));
    assert.deepEqual(viewOf(image, fit({ resize: "letterbox" })), { x: 0, y: -4, width: 16, height: 16 });
    assert.deepEqual(
      [at(boxed, 3, 0), at(boxed, 3, 1), at(boxed, 3, 6), at(boxed, 3, 7)],
      [
        [9, 8, 250],
        [9, 8, 250],
        [9, 8, 250],
        [9, 8, 250],
      ],
    );
    assert.equal(at(boxed, 3, 2)[2], 7);
    assert.equal(at(boxed, 3, 5)[2], 7);
  });

  it("a letterbox with an odd rest has the larger part below and to the right; top-left has all of it there", async () => {
    const image = ramp(16, 7);
    const box = fit({ width: 16, height: 10, resize: "letterbox" });
    assert.deepEqual(viewOf(image, box), { x: 0, y: -1, width: 16, height: 10 });
    const rows = async (to: Fit) => {
      const { data } = await fitImage(image, to);
      return Array.from({ length: 10 }, (_, y) => data[(y * 16 + 5) * 3 + 2] === 7);
    };
    const [no, yes] = [false, true];
    assert.deepEqual(await rows(box), [no, yes, yes, yes, yes, yes, yes, yes, no, no]);
    assert.deepEqual(await rows({ ...box, align: "top-left" }), [yes, yes, yes, yes, yes, yes, yes, no, no, no]);
    assert.equal(viewOf(image, { ...box, align: "top-left" }).y, 0);
  });

  it("squash, cover, contain and aspect-crop see the parts that they promise", () => {
    const image = ramp(40, 20);
    const seen = (resize: Fit["resize"]) => viewOf(image, fit({ resize }));
    assert.deepEqual(seen({ squash: 10 }), { x: 4, y: 2, width: 32, height: 16 });
    assert.deepEqual(seen({ squash: [8, 16] }), { x: 10, y: 0, width: 20, height: 20 });
    assert.deepEqual(seen({ cover: 10 }), { x: 12, y: 2, width: 16, height: 16 });
    assert.deepEqual(seen({ contain: 16 }), { x: 10, y: 0, width: 20, height: 20 });
    assert.deepEqual(seen({ contain: 8 }), { x: 0, y: -10, width: 40, height: 40 });
    assert.deepEqual(seen("aspect-crop"), { x: 10, y: 0, width: 20, height: 20 });
  });

  it("down-sizing averages: stripes finer than the result become grey", async () => {
    const stripes: RawImage = {
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255),
      width: 64,
      height: 64,
    };
    for (const interpolation of ["bilinear", "bicubic", "lanczos"] as const) {
      const { data } = await fitImage(stripes, fit({ interpolation }));
      const inner = [...data].filter((_, i) => Math.floor(i / 3) % 8 > 0 && Math.floor(i / 3) % 8 < 7);
      assert.ok(
        inner.every((value) => Math.abs(value - 127.5) < 8),
        interpolation,
      );
    }
  });

  it("up-sizing keeps half-pixel centres: a ramp stays a ramp", async () => {
    const image: RawImage = {
      data: Uint8Array.from({ length: 16 * 4 * 3 }, (_, i) => (Math.floor(i / 3) % 16) * 16),
      width: 16,
      height: 4,
    };
    const { data } = await fitImage(image, fit({ width: 32, height: 8, interpolation: "bilinear" }));
    for (let x = 4; x < 28; x++)
      assert.ok(Math.abs(data[(3 * 32 + x) * 3] - ((x + 0.5) / 2 - 0.5) * 16) <= 1, `${x}: ${data[(3 * 32 + x) * 3]}`);
  });
});
