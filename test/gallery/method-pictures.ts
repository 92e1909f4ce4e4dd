import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { DetectionModel } from "../../src/model/detection/types.js";
import type { Model } from "../../src/model/types.js";
import { COLLECTIONS, type Collection, codeOf, drawn, type GalleryEntry, loadCollection, webp } from "./methods.js";

const folder = fileURLToPath(new URL("../../../test/gallery/methods/", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Share of a figure's size at which it is kept. */
const REDUCED = 0.625;

/** More rows than a line of text has. */
const TEXT_LINE = 48;

/** Grey levels: the mean over all channels, and what 99 of 100 values must keep. */
const MEAN = 2;
const MOST = 24;

/** What the site says beside each picture. */
interface PictureFacts {
  readonly alt: string;
  readonly forward: number;
  readonly backward: number;
}

export type GalleryFacts = Record<string, { code: string; pictures: Record<string, PictureFacts> }>;

/**
 * A figure as it is kept: without the lines of its caption, which say how long it took, and then smaller. In the other
 * order a caption of one line more would stretch the picture by a part of a pixel.
 */
async function reduced(png: Uint8Array, fullWidth: number): Promise<Buffer> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const end = endOfPanels(data, width * channels);
  const small = Math.round(fullWidth * REDUCED);
  return sharp(data, { raw: { width, height, channels } })
    .extract({ left: 0, top: 0, width, height: end })
    .resize(small, Math.round((end * small) / width), { fit: "fill" })
    .webp({ quality: 82, effort: 6 })
    .toBuffer();
}

/** Rows down to the end of the last panel: of what is not white and higher than a line of text. */
function endOfPanels(data: Uint8Array, stride: number): number {
  const rows = Array.from({ length: data.length / stride }, (_, row) => row);
  const blank = rows.filter((row) => data.subarray(row * stride, (row + 1) * stride).every((value) => value >= 250));
  const ends = [-1, ...blank, rows.length];
  const last = ends.findLastIndex((end, i) => i > 0 && end - ends[i - 1] > TEXT_LINE);
  return ends[last];
}

/** The top of a picture at half its size, where the grain that a codec leaves is averaged out. */
function halved(file: Uint8Array, width: number, height: number): Promise<Buffer> {
  return sharp(file)
    .removeAlpha()
    .extract({ left: 0, top: 0, width, height })
    .resize(width >> 1, height >> 1, { fit: "fill" })
    .raw()
    .toBuffer();
}

/** Tests that the pictures of entries look as they did and cost what they did; UPDATE_GALLERY=1 accepts a change. */
export function testPictures(entries: readonly GalleryEntry[], only?: string): void {
  const models = new Map<string, Model | DetectionModel>();
  const home = process.cwd();
  before(async () => {
    process.chdir(ROOT);
    for (const name of new Set(entries.map(({ collection }) => collection)))
      models.set(name, await loadCollection(name));
  });
  after(async () => {
    process.chdir(home);
    for (const model of models.values()) await model.close();
  });
  for (const entry of entries) {
    const { pictures }: Collection = COLLECTIONS[entry.collection];
    for (const picture of pictures.filter(({ file }) => only === undefined || file.endsWith(only))) {
      test(`${entry.method} of ${picture.file} looks as it did (UPDATE_GALLERY=1 accepts a change)`, async () => {
        const { figure, forward, backward } = await drawn(entry, picture, models.get(entry.collection)!);
        const now = await reduced(figure.png(), figure.width);
        const file = `${folder}${webp(entry, picture)}`;
        const code = codeOf(entry, pictures[0]);
        if (process.env.UPDATE_GALLERY) {
          await mkdir(`${folder}${entry.method}`, { recursive: true });
          await writeFile(file, now);
          await remember(entry.method, code, webp(entry, picture), { alt: figure.alt, forward, backward });
        }
        const kept = (await readFacts())[entry.method];
        assert.equal(kept.code, code);
        const cost = kept.pictures[webp(entry, picture)];
        assert.deepEqual([cost.forward, cost.backward], [forward, backward]);
        await assertAlike(now, await readFile(file));
      });
    }
  }
}

/** Two pictures are the same but for what another machine rounds differently and for times in a caption. */
export async function assertAlike(now: Uint8Array, before: Uint8Array): Promise<void> {
  const [is, was] = await Promise.all([sharp(now).metadata(), sharp(before).metadata()]);
  assert.equal(is.width, was.width);
  assert.ok(Math.abs(is.height - was.height) <= 2, `${is.height} rows, not ${was.height}`);
  const height = Math.min(is.height, was.height);
  const [fresh, old] = await Promise.all([now, before].map((file) => halved(file, is.width, height)));
  const differences = fresh.map((value, i) => Math.abs(value - old[i])).sort();
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const most = differences[Math.floor(differences.length * 0.99)];
  assert.ok(mean <= MEAN && most <= MOST, `mean difference ${mean.toFixed(2)}, 99th percentile ${most}`);
}

async function readFacts(): Promise<GalleryFacts> {
  const text = await readFile(`${folder}methods.json`, "utf8").catch(() => "{}");
  return JSON.parse(text);
}

async function remember(method: string, code: string, picture: string, facts: PictureFacts): Promise<void> {
  const all = await readFacts();
  const { pictures = {} } = all[method] ?? {};
  all[method] = { code, pictures: { ...pictures, [picture]: facts } };
  await writeFile(`${folder}methods.json`, `${JSON.stringify(all, null, 1)}\n`);
}
