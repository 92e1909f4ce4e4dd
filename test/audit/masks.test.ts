import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it, test } from "node:test";
import sharp from "sharp";
import { type Audit, audit } from "../../src/audit/index.js";
import { EVIDENCE_GRID } from "../../src/audit/pictures/evidence-grid.js";
import { maskCoverage } from "../../src/audit/pictures/mask-coverage.js";
import { classroom } from "../../src/classroom/index.js";
import { decodeImage } from "../../src/image/decode.js";
import type { PreparedImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { folder } from "./pictures.js";

const SIDES = { width: 64, height: 32 };

/** A grey mask whose pixels in a rectangle have a value. */
const mask = (
  { width, height }: typeof SIDES,
  inside: (x: number, y: number) => boolean,
  value = 255,
): Promise<Buffer> =>
  sharp(
    Uint8Array.from({ length: width * height }, (_, i) => (inside(i % width, Math.floor(i / width)) ? value : 0)),
    { raw: { width, height, channels: 1 } },
  )
    .png()
    .toBuffer();

/** How a mask covers all of a picture, and its note. */
async function coverageOf(picture: Uint8Array, drawn: Uint8Array) {
  const file = join(await folder(), "mask.png");
  await writeFile(file, drawn);
  const decoded = await decodeImage(picture);
  const { width, height } = decoded.image;
  const prepared = { picture: decoded, view: { x: 0, y: 0, width, height } } as unknown as PreparedImage;
  const { cells, note } = await maskCoverage(file, prepared, picture);
  const covered = (cells ?? new Float32Array()).reduce((sum, cell) => sum + cell, 0) / EVIDENCE_GRID ** 2;
  const at = (x: number, y: number) =>
    cells?.[Math.floor(y * EVIDENCE_GRID) * EVIDENCE_GRID + Math.floor(x * EVIDENCE_GRID)];
  return { covered, at, note };
}

const grey = (orientation: number) =>
  sharp({ create: { ...SIDES, channels: 3, background: "#888" } })
    .withExif({ IFD0: { Orientation: String(orientation) } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();

/** Where a corner of the stored picture is once that stands upright, by EXIF's own table. */
const UPRIGHT_CORNER: Record<number, readonly [x: number, y: number]> = {
  5: [0.1, 0.1],
  6: [0.9, 0.1],
  7: [0.9, 0.9],
  8: [0.1, 0.9],
};

for (const [orientation, [x, y]] of Object.entries(UPRIGHT_CORNER)) {
  test(`a mask of the stored picture is turned as the picture is: orientation ${orientation}`, async () => {
    const picture = await grey(Number(orientation));
    const { covered, at, note } = await coverageOf(picture, await mask(SIDES, (px, py) => px < 16 && py < 8));
    assert.ok(Math.abs(covered - 1 / 16) < 1e-6, `${covered}`);
    assert.equal(at(x, y), 1);
    assert.equal(note, undefined);
    const upright = await mask({ width: 32, height: 64 }, (px, py) => px < 8 && py < 16);
    assert.equal((await coverageOf(picture, upright)).at(0.1, 0.1), 1, "one of the upright picture is not");
  });
}

test("where it cannot be told whether a mask is of the stored picture, that is a note", async () => {
  const drawn = await mask(SIDES, (x) => x < 16);
  const { note, at } = await coverageOf(await grey(3), drawn);
  assert.match(String(note), /turned by its EXIF orientation; the mask was taken to be drawn on the upright picture/);
  assert.equal(at(0.1, 0.5), 1);
  assert.equal((await coverageOf(await grey(1), drawn)).note, undefined);
});

test("masks of 0 and 1, or of the numbers of objects, count all above 0; an empty one is a note", async () => {
  const picture = await grey(1);
  const half = (x: number) => x < 32;
  for (const value of [1, 7, 127]) {
    const { covered, note } = await coverageOf(picture, await mask(SIDES, half, value));
    assert.equal(covered, 0.5);
    assert.equal(note, `the mask's largest value is ${value} of 255; all above 0 counts as inside`);
  }
  assert.deepEqual(await coverageOf(picture, await mask(SIDES, half)).then(({ covered, note }) => [covered, note]), [
    0.5,
    undefined,
  ]);
  const empty = await coverageOf(picture, await mask(SIDES, () => false));
  assert.deepEqual([empty.covered, empty.note], [0, "the mask is empty"]);
});

test("an object smaller than a cell of the grid counts by its area, wherever it lies", async () => {
  const picture = await sharp({ create: { width: 1024, height: 1024, channels: 3, background: "#888" } })
    .png()
    .toBuffer();
  const size = { width: 1024, height: 1024 };
  for (const [left, top] of [
    [0, 0],
    [511, 300],
    [1021, 1021],
  ]) {
    const inside = (x: number, y: number) => x >= left && x < left + 3 && y >= top && y < top + 3;
    const { covered } = await coverageOf(picture, await mask(size, inside));
    assert.ok(Math.abs(covered - 9 / 1024 ** 2) < 1e-9, `${covered}`);
  }
  const line = await coverageOf(picture, await mask(size, (_, y) => y === 700));
  assert.ok(Math.abs(line.covered - 1 / 1024) < 1e-7);
  const coarse = await coverageOf(picture, await mask({ width: 3, height: 3 }, (x) => x === 1));
  assert.ok(Math.abs(coarse.covered - 1 / 3) < 1e-6, "a mask of fewer pixels than cells");
});

describe("in an audit", () => {
  let result: Audit;
  before(async () => {
    const root = await folder();
    const [{ image }] = classroom.pictures({ count: 1, seed: 4 });
    const { data, width, height } = image;
    await sharp(Uint8Array.from(data), { raw: { width, height, channels: 3 } }).toFile(join(root, "a.png"));
    await writeFile(join(root, "dot.png"), await mask({ width, height }, (x, y) => x === 32 && y === 32));
    await writeFile(join(root, "none.png"), await mask({ width, height }, () => false));
    await writeFile(join(root, "all.png"), await mask({ width, height }, () => true, 1));
    for (const name of ["b", "c"]) await sharp(join(root, "a.png")).toFile(join(root, `${name}.png`));
    await writeFile(join(root, "list.csv"), "path,mask\na.png,dot.png\nb.png,none.png\nc.png,all.png\n");
    const { url, options } = classroom.models.honest;
    await using model = await loadModel(url, { ...options, threads: 1 });
    result = await audit(model, join(root, "list.csv"), {
      out: join(root, "out"),
      method: "occlusion",
      shortcuts: false,
    });
  });
  it("the share is that of the mask, and null with a note where that is empty", async () => {
    const [dot, none, all] = await result.query("select mask_share, notes from results order by path");
    assert.ok(Number(dot.mask_share) > 0 && Number(dot.mask_share) < 0.02, `${dot.mask_share}`);
    assert.equal(none.mask_share, null);
    assert.match(String(none.notes), /the mask is empty/);
    assert.ok(Math.abs(Number(all.mask_share) - 1) < 1e-6);
    assert.match(String(all.notes), /largest value is 1 of 255/);
  });
});
