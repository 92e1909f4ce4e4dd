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
import { fixture as fixturePath } from "../support/fixtures.js";
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

/** What {@link decodeImage} makes of test/fixtures/pictures: the pixels of the first row's ends, and the notes. */
async function fixture(name: string): Promise<{ ends: number[][]; notes: readonly string[] }> {
  const { image, notes } = await decodeImage(fixturePath(`pictures/${name}`));
  assert.deepEqual([image.width, image.height], [8, 4], name);
  return { ends: [pixel(image, 0, 0), pixel(image, 3, 0), pixel(image, 7, 0)], notes };
}

const GREY = [
  [0, 0, 0],
  [109, 109, 109],
  [255, 255, 255],
];
const COLOURS = [
  [0, 0, 255],
  [109, 0, 146],
  [255, 0, 0],
];
const assertNear = (received: number[][], expected: number[][], tolerance: number, what: string) => {
  const far = received.flat().some((value, i) => Math.abs(value - expected.flat()[i]) > tolerance);
  assert.ok(!far, `${what}: ${JSON.stringify(received)}`);
};

describe("pictures of more than 8 bits", () => {
  const readAs = (range: string) => new RegExp(`were read as ${range} and scaled to 0…255$`);
  for (const [name, expected, note] of [
    ["grey-4095.tif", GREY, readAs("0 to 4095")],
    ["grey-4095.png", GREY, readAs("0 to 4095")],
    ["rgb-4095.tif", COLOURS, readAs("0 to 4095")],
    ["grey-255-in-16.tif", GREY, readAs("0 to 255")],
    ["grey-1-in-16.tif", [GREY[0], GREY[0], GREY[2]], readAs("0 to 1")],
    ["grey-65535.tif", GREY, undefined],
    ["grey-65535.png", GREY, undefined],
    ["black-16.tif", [GREY[0], GREY[0], GREY[0]], undefined],
    ["grey-16383.tif", [GREY[0], [27, 27, 27], [63, 63, 63]], /is dark: its 16-bit values would fit into 14 bits/],
    ["float-1.tif", GREY, readAs("0 to 1")],
    ["float-1.02.tif", GREY, readAs("0 to 1")],
    ["float-rgb-1.tif", COLOURS, readAs("0 to 1")],
    ["float-minus-1-to-1.tif", GREY, readAs("-1 to 1")],
    ["float-255.tif", GREY, undefined],
    ["int32-4095.tif", GREY, readAs("0 to 4095")],
    ["int32-1000000.tif", GREY, /from 0 to 1000000, were scaled to 0…255, each picture by its own range$/],
    ["int16-32767.tif", GREY, readAs("0 to 32767")],
  ] as const) {
    it(`${name} ${note ? "is scaled or dark, and says so" : "is as it is"}`, async () => {
      const { ends, notes } = await fixture(name);
      assertNear(ends, expected as number[][], 1, name);
      assert.equal(notes.length, note ? 1 : 0, notes.join("; "));
      if (note) assert.match(notes[0], note);
    });
  }

  it("alpha is mixed before bytes are made", async () => {
    const { ends, notes } = await fixture("float-rgba-1.tif");
    assertNear(
      ends,
      [
        [128, 128, 255],
        [182, 128, 201],
        [255, 128, 128],
      ],
      1,
      "half transparent on white",
    );
    assert.match(notes.join("; "), /on white; .*0 to 1/);
  });

  it("is refused where it would come out wrong, with what to do", async () => {
    for (const [name, why] of [
      ["float64.tif", /its samples have 64 bits: .*; save it as/],
      ["float16.tif", /its samples are floats of 16 bits/],
      ["complex.tif", /its samples are complex numbers/],
      ["int16-hounsfield.tif", /its signed 16-bit samples reach below 0/],
      ["nan.tif", /'nan.tif' has values that are not finite numbers/],
      ["lab-8.tif", /its colours are CIELAB of 8 bits/],
    ] as const) {
      await assert.rejects(decodeImage(fixturePath(`pictures/${name}`)), fails("bad-image", why), name);
    }
  });

  it("takes no more memory than 8 bits may", async () => {
    const path = fixturePath("pictures/float-1.tif");
    await assert.rejects(decodeImage(path, { maxPixels: 127 }), fails("image-too-large", /8 × 4/));
    assert.equal((await decodeImage(path, { maxPixels: 128 })).image.width, 8);
    const five = fixturePath("pictures/five-channels.tif");
    await assert.rejects(decodeImage(five, { maxPixels: 159 }), fails("image-too-large", /8 × 4/));
  });
});

describe("pictures of other kinds", () => {
  for (const name of ["one-bit.tif", "one-bit.png"]) {
    it(`${name}: black and white`, async () => {
      assert.deepEqual(await fixture(name), { ends: [GREY[0], GREY[0], GREY[0]], notes: [] });
    });
  }
  for (const [name, note] of [
    ["palette.png", undefined],
    ["animated.png", /has 2 frames; the first one is used/],
    ["animated.gif", /has 2 frames; the first one is used/],
    ["animated.webp", /has 2 frames; the first one is used/],
    ["three-pages.tif", /has 3 frames; the first one is used/],
    ["five-channels.tif", /has 5 channels; the first three are taken as red, green and blue/],
  ] as const) {
    it(`${name}: its colours${note ? ", and a note" : ""}`, async () => {
      const { ends, notes } = await fixture(name);
      assertNear(ends, COLOURS, 1, name);
      assert.equal(notes.length, note ? 1 : 0, notes.join("; "));
      if (note) assert.match(notes[0], note);
    });
  }

  it("an MPO file has a note, and odd EXIF orientations turn nothing", async () => {
    const { ends, notes } = await fixture("two-pictures.mpo");
    assert.deepEqual(notes, ["the picture has 2 frames; the first one is used"]);
    for (const orientation of [0, 9, 65_535]) {
      assert.deepEqual(await fixture(`orientation-${orientation}.jpg`), { ends, notes: [] });
    }
  });

  it("CMYK is converted, and says so", async () => {
    for (const name of ["cmyk.tif", "cmyk.jpg"]) {
      const { ends, notes } = await fixture(name);
      assert.deepEqual(notes, ["the picture's CMYK colours were converted to sRGB"]);
      assertNear(ends, COLOURS, 140, name);
    }
  });

  it("what is no picture is named, and never drawn: an SVG, a BMP, a saved web page", async () => {
    const svg = '<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    const bytes = (text: string) => Buffer.from(text, "latin1");
    for (const [source, what] of [
      [fixturePath("pictures/svg-9900.png"), "an SVG drawing"],
      [bytes(svg), "an SVG drawing"],
      [bytes(`\u00ef\u00bb\u00bf \n${svg}`), "an SVG drawing"],
      [bytes('<!DOCTYPE svg [<!ENTITY a "b">]><svg:svg/>'), "an SVG drawing"],
      [bytes("<!doctype HTML><html>"), "an HTML page"],
      [fixturePath("pictures/windows.bmp"), "a BMP file"],
      [fixturePath("pictures/netpbm.ppm"), "a Netpbm file"],
      [bytes("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "a HEIC photograph"],
      [bytes("%PDF-1.7"), "a PDF document"],
    ] as const) {
      const told = fails("bad-image", new RegExp(`(is|are) ${what}: expected .*; convert it to one of these$`));
      await assert.rejects(decodeImage(source), told, what);
    }
  });

  it("comments without end before an SVG cost nothing", async () => {
    const start = performance.now();
    await assert.rejects(decodeImage(Buffer.from("<!---->".repeat(1e5))), fails("bad-image", /not a picture/));
    assert.ok(performance.now() - start < 1_000);
  });
});

describe("where pictures come from", () => {
  it("data: URLs, in base64 and percent-encoded", async () => {
    const png = await raw().png().toBuffer();
    const escaped = [...png].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    for (const url of [
      `data:image/png;base64,${png.toString("base64")}`,
      `DATA:;base64,${encodeURIComponent(png.toString("base64"))}`,
      `data:image/png,${escaped}`,
    ]) {
      for (const source of [url, new URL(url)]) {
        const { image, name } = await decodeImage(source);
        assert.deepEqual([name, ...image.data], ["picture", ...RGB]);
      }
    }
  });

  it("damaged, empty and endless data: URLs", async () => {
    for (const url of ["data:", "data:image/png;base64", "data:image/png;base64,?", "data:image/png;base64,%E9%"]) {
      await assert.rejects(decodeImage(url), fails("bad-image", /the data: URL '.*' cannot be read/), url);
    }
    await assert.rejects(decodeImage("data:image/png;base64,"), fails("bad-image", /the bytes are empty/));
    await assert.rejects(decodeImage(`data:,${"x".repeat(2 ** 26)}`), fails("image-too-large", /67108870 characters/));
  });

  it("addresses that are not read say what to do, and never pass for paths", async () => {
    for (const source of [
      "s3://bucket/a.png",
      "gs:a.png",
      "ftp://host/a.png",
      "blob:x",
      new URL("s3://bucket/a.png"),
    ]) {
      const told =
        /could not be fetched: expected a path, or .*https:.*; download it first: \w+: addresses are not read$/;
      await assert.rejects(decodeImage(source), fails("download-failed", told), String(source));
    }
    for (const source of [
      "https://",
      "file://host/a.png",
      "file:///a%2fb.png",
      "https://[",
      new URL("file://host/a"),
    ]) {
      await assert.rejects(decodeImage(source), fails("file-not-found", /has no valid address/), String(source));
    }
    await assert.rejects(decodeImage("C:\\pictures\\a.png"), fails("file-not-found", /there is no picture/));
    await assert.rejects(decodeImage("~/a.png"), fails("file-not-found", /write out your home folder/));
    await assert.rejects(decodeImage("a:b.png"), fails("file-not-found", /relative to the current folder/));
    await assert.rejects(decodeImage("a\0b.png"), fails("file-not-found"));
    const buffer = new ArrayBuffer(8) as never;
    await assert.rejects(decodeImage(buffer), fails("bad-image", /pass new Uint8Array\(it\)$/));
  });
});

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
    await assert.rejects(
      decodeImage("http://example.org/a.png"),
      fails("download-failed", /download it first: http: addresses are not read/),
    );
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
