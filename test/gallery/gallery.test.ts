import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { chelsea } from "../render/chelsea.js";
import { gallery } from "./cases.js";
import { galleryPage } from "./page.js";

/** References are kept at this share of a figure's size and in 8 bits with a palette: small, and blind to a pixel's jitter. */
const REDUCED = 0.5;

/** Grey levels: the mean over all channels, and what 999 of 1,000 values must keep. */
const MEAN = 1.5;
const MOST = 40;

const reference = (name: string) => fileURLToPath(new URL(`../../../test/gallery/${name}.png`, import.meta.url));

const reduced = async (png: Uint8Array, width: number) =>
  sharp(png)
    .resize(Math.round(width * REDUCED))
    .png({ palette: true, colours: 256, dither: 0, compressionLevel: 9 })
    .toBuffer();

const pixels = async (png: Uint8Array) =>
  sharp(png).removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });

for (const [name, draw] of Object.entries(gallery)) {
  test(`${name} looks as it did (UPDATE_GALLERY=1 accepts a change)`, async () => {
    const figure = await draw();
    const now = await reduced(figure.png(), figure.width);
    if (process.env.UPDATE_GALLERY) await writeFile(reference(name), now);
    const [is, was] = [await pixels(now), await pixels(await readFile(reference(name)))];
    assert.deepEqual([is.info.width, is.info.height], [was.info.width, was.info.height]);
    const differences = is.data.map((value, i) => Math.abs(value - was.data[i])).sort();
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    const most = differences[Math.floor(differences.length * 0.999)];
    assert.ok(mean <= MEAN && most <= MOST, `mean difference ${mean.toFixed(2)}, 99.9th percentile ${most}`);
  });
}

test("the page of all types, polarities, clippings and overlays is self-contained and complete", async () => {
  const page = await galleryPage(await chelsea("integrated-gradients"), { size: 96 });
  assert.equal(page.match(/<img /g)?.length, 2 * 3 * 3 * 4);
  assert.ok(!/(src|href)="(?!data:)/.test(page));
  const pictures = [...page.matchAll(/base64,([^"]+)"/g)].map(([, data]) => data);
  assert.equal(new Set(pictures).size, pictures.length);
  const folder = fileURLToPath(new URL("../../../reports/", import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}gallery.html`, page);
});
