import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { cutSticker, noiseSticker, pasteSticker, type Sticker } from "../../src/image/sticker.js";
import { plain } from "../support/explanations.js";

const red: Sticker = { data: Uint8Array.from([255, 0, 0, 255]), width: 1, height: 1 };
const pixel = ({ data, width }: { data: ArrayLike<number>; width: number }, x: number, y: number) =>
  Array.from({ length: 3 }, (_, c) => data[(y * width + x) * 3 + c]);

test("a sticker at its own size is pasted pixel for pixel, by its alpha", () => {
  const sticker = {
    data: Uint8Array.from([0, 100, 200, 255, 255, 255, 255, 0, 255, 0, 0, 51, 9, 9, 9, 255]),
    width: 2,
    height: 2,
  };
  const pasted = pasteSticker(plain(4, 4, 100), sticker, { x: 0.5, y: 0.5, size: 0.5 });
  assert.deepEqual(
    [pixel(pasted, 1, 1), pixel(pasted, 2, 1), pixel(pasted, 1, 2), pixel(pasted, 2, 2), pixel(pasted, 0, 0)],
    [
      [0, 100, 200],
      [100, 100, 100],
      [131, 80, 80],
      [9, 9, 9],
      [100, 100, 100],
    ],
  );
});

test("what lies beyond the edge is cut; the picture given stays as it was", () => {
  const image = plain(4, 4, 0);
  const pasted = pasteSticker(image, red, { x: 0, y: 1, size: 0.5 });
  const reds = Array.from({ length: 16 }, (_, i) => pixel(pasted, i % 4, Math.floor(i / 4))[0]);
  assert.deepEqual(reds, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0]);
  assert.ok(image.data.every((value) => value === 0));
  assert.deepEqual(pasteSticker(image, red, { x: 3, y: -2, size: 0.01 }), image);
});

test("a smaller copy is the mean of what it covers; colours under no alpha leave no fringe", () => {
  const checks = Uint8Array.from({ length: 4 * 4 * 4 }, (_, i) => {
    const white = (Math.floor(i / 4) + Math.floor(i / 16)) % 2 === 0;
    return i % 4 === 3 ? (white ? 255 : 0) : white ? 255 : 77;
  });
  const pasted = pasteSticker(plain(1, 1, 0), { data: checks, width: 4, height: 4 }, { x: 0.5, y: 0.5, size: 1 });
  assert.deepEqual(pixel(pasted, 0, 0), [128, 128, 128]);
});

test("the classroom's sticker does what its mark does, to a level of 255", () => {
  for (const { image } of classroom.pictures({ count: 8, seed: 3 })) {
    const { image: marked, markMask } = classroom.mark(image, 5);
    const at = markMask.indexOf(1);
    const [left, top] = [at % 64, Math.floor(at / 64)];
    const place = { x: (left + 6.5) / 64, y: (top + 6.5) / 64, size: 13 / 64 };
    const pasted = pasteSticker(image, classroom.sticker, place);
    const off = Math.max(...pasted.data.map((value, i) => Math.abs(value - marked.data[i])));
    assert.ok(off <= 1, `${off} levels off`);
  }
});

test("a cut-out pasted back where it was changes nothing, at any size of the grid", () => {
  const image = { data: Uint8Array.from({ length: 20 * 12 * 3 }, (_, i) => (i * 37) % 256), width: 20, height: 12 };
  for (const grid of [image, { width: 5, height: 3 }, { width: 64, height: 64 }]) {
    const cut = cutSticker(image, boxRegion({ x: 0.2, y: 0.25, width: 0.4, height: 0.5 }, grid));
    assert.ok(cut.width >= 7 && cut.height >= 4);
    assert.ok(cut.data.every((value, i) => i % 4 !== 3 || value === 255));
  }
  const cut = cutSticker(image, boxRegion({ x: 0.2, y: 0.25, width: 0.4, height: 0.5 }, image));
  assert.deepEqual([cut.width, cut.height], [8, 6]);
  assert.deepEqual(pasteSticker(image, cut, { x: 0.4, y: 0.5, size: 0.4 }), image);
  assert.equal(cutSticker(image, { mask: new Uint8Array(240), width: 20, height: 12 }).width, 0);
});

test("noise is opaque, of the sticker's size, and the same for the same seed", () => {
  const noise = noiseSticker(classroom.sticker, 4);
  assert.deepEqual([noise.width, noise.height, noise.data.length], [13, 13, 676]);
  assert.ok(noise.data.every((value, i) => i % 4 !== 3 || value === 255));
  assert.deepEqual(noise, noiseSticker(classroom.sticker, 4));
  assert.notDeepEqual(noise, noiseSticker(classroom.sticker, 5));
});

test("sizes and places out of range are refused", () => {
  for (const place of [
    { x: 0.5, y: 0.5, size: 0 },
    { x: 0.5, y: 0.5, size: 1e9 },
    { x: Number.NaN, y: 0.5, size: 0.2 },
    { x: 0.5, y: Number.POSITIVE_INFINITY, size: 0.2 },
  ]) {
    assert.throws(() => pasteSticker(plain(4, 4), red, place), { code: "bad-config" });
  }
});
