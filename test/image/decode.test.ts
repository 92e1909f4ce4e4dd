import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { SightlineError } from "../../src/core/errors.js";
import { decodeImage } from "../../src/image/decode.js";
import type { RawImage } from "../../src/image/types.js";
import { temporaryFolder } from "../support/models.js";
import { fails } from "../support/tensors.js";

const WIDTH = 6;
const HEIGHT = 4;
const RGB = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 37) % 256);
const raw = (data: Uint8Array = RGB, channels: 1 | 3 | 4 = 3, width = WIDTH, height = HEIGHT) =>
  sharp(data, { raw: { width, height, channels } });
const pixel = ({ data, width }: RawImage, x: number, y: number) => [
  ...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
];

function chunk(type: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(named) >>> 0);
  return Buffer.concat([head, named, tail]);
}

/** A PNG of any size that its header claims, with as good as nothing in it. */
function claimedPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(Buffer.alloc(64));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

describe("decodeImage", () => {
  it("reads bytes, paths, file: URLs and raw pixels alike", async () => {
    const png = await raw().png().toBuffer();
    const path = join(temporaryFolder(), "a picture.png");
    writeFileSync(path, png);
    for (const source of [
      png,
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      { data: RGB, width: WIDTH, height: HEIGHT },
    ]) {
      const { image, notes } = await decodeImage(source);
      assert.deepEqual([image.width, image.height, [...image.data]], [WIDTH, HEIGHT, [...RGB]]);
      assert.deepEqual(notes, []);
    }
    assert.equal((await decodeImage(path)).name, "a picture.png");
    assert.equal((await decodeImage(png)).name, "picture");
  });

  it("turns pictures upright by their EXIF orientation", async () => {
    const turned = await raw().withMetadata({ orientation: 6 }).png().toBuffer();
    const { image } = await decodeImage(turned);
    assert.deepEqual([image.width, image.height], [HEIGHT, WIDTH]);
    assert.deepEqual(pixel(image, HEIGHT - 1, 0), [...RGB.slice(0, 3)]);
  });

  it("makes three channels of grey ones", async () => {
    const { image } = await decodeImage(
      await raw(RGB.slice(0, WIDTH * HEIGHT), 1)
        .png()
        .toBuffer(),
    );
    assert.deepEqual(pixel(image, 1, 0), [37, 37, 37]);
  });

  it("puts transparent parts on white, and says so; opaque alpha is nothing to say", async () => {
    const rgba = new Uint8Array(WIDTH * HEIGHT * 4).fill(0);
    rgba.set([100, 50, 0, 128]);
    const seen = await decodeImage(await raw(rgba, 4).png().toBuffer());
    assert.deepEqual(pixel(seen.image, 5, 3), [255, 255, 255]);
    const [red, green, blue] = pixel(seen.image, 0, 0);
    assert.ok(Math.abs(red - 177) <= 1 && Math.abs(green - 152) <= 1 && Math.abs(blue - 127) <= 1);
    assert.deepEqual(seen.notes, ["transparent parts were put on white"]);
    const mask = await decodeImage(
      await raw(rgba.fill(255, 4, 6), 4)
        .png()
        .toBuffer(),
      { background: "black" },
    );
    assert.deepEqual(
      [pixel(mask.image, 1, 0), pixel(mask.image, 5, 3)],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    );
    const opaque = await decodeImage(
      await raw(
        rgba.map((_, i) => (i % 4 === 3 ? 255 : 9)),
        4,
      )
        .png()
        .toBuffer(),
    );
    assert.deepEqual(opaque.notes, []);
    assert.deepEqual(pixel(opaque.image, 0, 0), [9, 9, 9]);
  });

  it("reads palettes, 16 bits a channel and CMYK", async () => {
    const two = RGB.map((_, i) => (Math.floor(i / 3) % 2 ? 255 : 0));
    const palette = await decodeImage(await raw(two).png({ palette: true, colours: 2 }).toBuffer());
    assert.deepEqual([...palette.image.data], [...two]);
    const deep = await raw().toColourspace("rgb16").png().toBuffer();
    assert.equal((await sharp(deep).metadata()).depth, "ushort");
    assert.deepEqual([...(await decodeImage(deep)).image.data], [...RGB]);
    const grey16 = await raw(RGB.slice(0, 24), 1).toColourspace("grey16").png().toBuffer();
    assert.equal((await sharp(grey16).metadata()).depth, "ushort");
    assert.deepEqual(pixel((await decodeImage(grey16)).image, 1, 0), [37, 37, 37]);
    const red = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [220, 30, 40][i % 3]);
    const cmyk = await raw(red, 3, 64, 64).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, "cmyk");
    const [r, g, b] = pixel((await decodeImage(cmyk)).image, 30, 30);
    assert.ok(r > 180 && g < 90 && b < 90, `${[r, g, b]}`);
  });

  it("takes the first frame of an animation, and says so", async () => {
    const frames = new Uint8Array(8 * 24 * 3).map((_, i) => [10, 100, 200][Math.floor(i / (8 * 8 * 3))]);
    const gif = await sharp(frames, { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } })
      .gif({ delay: [100, 100, 100] })
      .toBuffer();
    assert.equal((await sharp(gif).metadata()).pages, 3);
    const { image, notes } = await decodeImage(gif);
    assert.deepEqual([image.width, image.height], [8, 8]);
    assert.ok(pixel(image, 4, 4).every((value) => value < 20));
    assert.deepEqual(notes, ["the picture has 3 frames; the first one is used"]);
  });

  it("refuses what is no picture", async () => {
    const folder = join(temporaryFolder(), "a folder");
    mkdirSync(folder);
    const text = join(temporaryFolder(), "notes.png");
    writeFileSync(text, "this is a text");
    const empty = join(temporaryFolder(), "empty.jpg");
    writeFileSync(empty, "");
    await assert.rejects(decodeImage("no such.jpg"), fails("file-not-found", /there is no picture 'no such.jpg'/));
    await assert.rejects(decodeImage(folder), fails("bad-image", /is a folder/));
    await assert.rejects(decodeImage(text), fails("bad-image", /'notes.png' is not a picture.*JPEG, PNG/));
    await assert.rejects(decodeImage(empty), fails("bad-image", /'empty.jpg' is empty/));
    await assert.rejects(decodeImage(new Uint8Array(0)), fails("bad-image", /empty/));
    await assert.rejects(decodeImage(claimedPng(0, 0)), fails("bad-image"));
    await assert.rejects(decodeImage({ data: RGB, width: 5, height: 4 }), fails("bad-image", /72 bytes.*60 bytes/));
    await assert.rejects(decodeImage({ data: RGB, width: 0, height: 4 }), fails("bad-image"));
    await assert.rejects(decodeImage(null as never), fails("bad-image", /not a picture/));
    await assert.rejects(decodeImage("http://example.org/a.png"), fails("download-failed", /only https/));
  });

  it("refuses a JPEG and a PNG that are cut off", async () => {
    const noisy = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256);
    for (const whole of [await raw(noisy, 3, 64, 64).jpeg().toBuffer(), await raw(noisy, 3, 64, 64).png().toBuffer()]) {
      await assert.rejects(decodeImage(whole.subarray(0, whole.length >> 1)), fails("bad-image", /damaged/));
    }
  });

  it("refuses more pixels than allowed before it unpacks them", async () => {
    await assert.rejects(
      decodeImage(claimedPng(50_000, 50_000)),
      fails("image-too-large", /50000 × 50000.*100 million/),
    );
    for (const file of [await raw().png().toBuffer(), await raw().jpeg().toBuffer()]) {
      await assert.rejects(decodeImage(file, { maxPixels: 23 }), fails("image-too-large", /6 × 4/));
      assert.equal((await decodeImage(file, { maxPixels: 24 })).image.width, WIDTH);
    }
    await assert.rejects(decodeImage(claimedPng(1_000_001, 1)), fails("image-too-large", /1000001 × 1/));
    await assert.rejects(
      decodeImage({ data: RGB, width: WIDTH, height: HEIGHT }, { maxPixels: 23 }),
      fails("image-too-large"),
    );
  });

  it("damaged bytes give a picture or one of these errors", async () => {
    const files = [await raw().png().toBuffer(), await raw().jpeg().toBuffer()];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        async (file, changes) => {
          const copy = Uint8Array.from(file);
          for (const [at, value] of changes) copy[at % file.length] = value;
          const outcome = await decodeImage(copy, { maxPixels: 1e6 }).catch((error) => error);
          if (outcome instanceof Error)
            assert.ok(outcome instanceof SightlineError && /image/.test(outcome.code), String(outcome));
        },
      ),
      { numRuns: 200 },
    );
  });
});
