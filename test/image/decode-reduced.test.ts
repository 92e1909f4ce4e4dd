import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { random } from "../../src/core/random.js";
import { decodeImage } from "../../src/image/decode.js";
import type { RawImage, Size } from "../../src/image/types.js";
import { fails } from "../support/tensors.js";

/** Squares of soft colours, whose edges are those of JPEG blocks, and grey lines one pixel apart, which only a mean of pixels makes plain. */
function picture(width: number, height: number): RawImage {
  const { uniform } = random(5);
  const soft = Array.from({ length: 4 * 4 * 3 }, () => 60 + 120 * uniform());
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = 4 * Math.floor((4 * y) / height) + Math.floor((4 * x) / width);
      const line = (x + y) % 2 ? 40 : -40;
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = soft[cell * 3 + c] + line;
    }
  }
  return { data, width, height };
}

async function jpeg(width: number, height: number, { orientation = 1, quality = 95, progressive = false } = {}) {
  const { data } = picture(width, height);
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  return new Uint8Array(
    await raw.withMetadata({ orientation }).jpeg({ quality, progressive, chromaSubsampling: "4:4:4" }).toBuffer(),
  );
}

/** Means of squares of pixels; what is left over at the right and below is left out. */
function means({ data, width, height }: RawImage, by: number): RawImage {
  const [across, down] = [Math.floor(width / by), Math.floor(height / by)];
  const sums = new Float64Array(across * down * 3);
  for (let y = 0; y < down * by; y++) {
    for (let x = 0; x < across * by; x++) {
      const to = (Math.floor(y / by) * across + Math.floor(x / by)) * 3;
      for (let c = 0; c < 3; c++) sums[to + c] += data[(y * width + x) * 3 + c] / by ** 2;
    }
  }
  return { data: Uint8Array.from(sums, Math.round), width: across, height: down };
}

function largestDifference(a: RawImage, b: RawImage): number {
  const [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)];
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * 3; i++) {
      most = Math.max(most, Math.abs(a.data[y * a.width * 3 + i] - b.data[y * b.width * 3 + i]));
    }
  }
  return most;
}

const needs = (width: number, height: number) => ({ needed: (): Size => ({ width, height }) });

describe("a JPEG file decoded at a reduced size", () => {
  it("is what the means of its pixels are, turned upright as it is otherwise, for each orientation", async () => {
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const bytes = await jpeg(352, 224, { orientation, progressive: orientation % 2 === 0 });
      const full = await decodeImage(bytes);
      const reduced = await decodeImage(bytes, needs(20, 20));
      const upright = orientation < 5 ? { width: 352, height: 224 } : { width: 224, height: 352 };
      assert.deepEqual(reduced.whole, upright);
      assert.deepEqual([reduced.image.width, reduced.image.height], [upright.width / 4, upright.height / 4]);
      const difference = largestDifference(reduced.image, means(full.image, 4));
      assert.ok(difference <= 12, `orientation ${orientation}: ${difference}`);
      assert.match(reduced.notes.join(), /^decoded at 1\/4 of its size: \d+ × \d+ of \d+ × \d+ pixels$/);
    }
  });

  it("keeps twice the pixels that are needed along each side, whatever its shape", async () => {
    const bytes = await jpeg(643, 479);
    for (const [side, by] of [
      [29, 8],
      [30, 4],
      [59, 4],
      [60, 2],
      [119, 2],
    ] as const) {
      const { image, whole } = await decodeImage(bytes, needs(side, side));
      assert.deepEqual([image.width, image.height], [Math.ceil(643 / by), Math.ceil(479 / by)]);
      assert.deepEqual(whole, { width: 643, height: 479 });
    }
    const full = await decodeImage(bytes);
    assert.deepEqual(await decodeImage(bytes, needs(120, 120)), full);
    assert.deepEqual(await decodeImage(bytes, needs(10, 479)), full);
    assert.equal(full.whole, undefined);
  });

  it("asks for the size of the upright picture", async () => {
    const asked: Size[] = [];
    const needed = (size: Size) => {
      asked.push(size);
      return size;
    };
    await decodeImage(await jpeg(80, 40, { orientation: 6 }), { needed });
    assert.deepEqual(asked, [{ width: 40, height: 80 }]);
  });

  it("other formats are decoded as always, and grey and CMYK files reduced like others", async () => {
    const { data } = picture(384, 384);
    const raw = () => sharp(data, { raw: { width: 384, height: 384, channels: 3 } });
    for (const other of [raw().png(), raw().webp()]) {
      const bytes = new Uint8Array(await other.toBuffer());
      assert.deepEqual(await decodeImage(bytes, needs(10, 10)), await decodeImage(bytes));
    }
    for (const space of ["b-w", "cmyk"]) {
      const bytes = new Uint8Array(await raw().toColourspace(space).jpeg({ quality: 95 }).toBuffer());
      const [reduced, full] = [await decodeImage(bytes, needs(20, 20)), await decodeImage(bytes)];
      assert.equal(reduced.image.width, 48);
      assert.ok(largestDifference(reduced.image, means(full.image, 8)) <= 14);
      assert.equal(reduced.notes.length, full.notes.length + 1);
    }
  });

  it("a file that is damaged, cut short or too large is refused as always", async () => {
    const bytes = await jpeg(640, 480);
    await assert.rejects(decodeImage(bytes, { ...needs(20, 20), maxPixels: 640 * 479 }), fails("image-too-large"));
    for (const length of [bytes.length >> 1, 700, 30]) {
      await assert.rejects(decodeImage(bytes.slice(0, length), needs(20, 20)), fails("bad-image"));
    }
  });
});
