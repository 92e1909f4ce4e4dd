import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import sharp from "sharp";
import { type Audit, audit, findShortcuts, type MapPlace, type ShortcutReport } from "../../src/audit/index.js";
import { THUMBNAIL } from "../../src/audit/pictures/thumbnail.js";
import { reportHtml } from "../../src/audit/report/report.js";
import { folderStorage } from "../../src/audit/shards/folder-storage.js";
import { SHEET_COLUMNS, shardFiles } from "../../src/audit/shards/shard.js";
import { classroom } from "../../src/classroom/index.js";
import { resizeMap } from "../../src/image/resize-map.js";
import { loadModel } from "../../src/load-model.js";
import { assertClose } from "../support/tensors.js";
import { folder, pictureFolder } from "./pictures.js";

/** The cells of a sheet, decoded once. */
function cellsOf(sheet: Uint8Array): (index: number) => Promise<Uint8Array> {
  const decoded = sharp(sheet).raw().toBuffer({ resolveWithObject: true });
  return async (index) => {
    const { data, info } = await decoded;
    const left = (index % SHEET_COLUMNS) * THUMBNAIL;
    const top = Math.floor(index / SHEET_COLUMNS) * THUMBNAIL;
    const rows = Array.from({ length: THUMBNAIL }, (_, y) => {
      const start = ((top + y) * info.width + left) * 3;
      return data.subarray(start, start + THUMBNAIL * 3);
    });
    return Buffer.concat(rows);
  };
}

const sectionsOf = (page: string) =>
  [...page.matchAll(/<section class="k">(.*?)<\/section>/gs)].map(([, section]) => section);

const distance = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

describe("the report of an audit of more pictures than it shows", () => {
  let result: Audit;
  let shortcuts: ShortcutReport;
  let page: string;
  before(async () => {
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, { ...options, threads: 1 });
    const pictures = await pictureFolder(250, 61);
    result = await audit(model, pictures, { method: "recipro-cam", out: await folder(), shortcuts: false });
    shortcuts = await findShortcuts(model, result);
    const flagged = { findings: await result.findings(), searches: await result.searches() };
    const storage = folderStorage(result.folder);
    page = await reportHtml({ audit: result, shortcuts, flagged, storage, mostShown: 64 });
  });

  it("holds as many pictures as it may in its gallery", () => {
    assert.equal(page.match(/<figure title="/g)?.length, 64);
    assert.match(page, /<h2>64 of the pictures<\/h2>\s*<p>Every 4th shard/);
  });

  it("shows every group of alike maps with six of its pictures, and every map of the scatter", () => {
    const sections = sectionsOf(page);
    assert.equal(sections.length, shortcuts.clusters);
    const cards = sections.flatMap((section) => section.split('<div class="s').slice(1));
    assert.equal(cards.length, shortcuts.groups.length);
    for (const card of cards) assert.equal(card.match(/class="t /g)?.length, 6);
    const [, scatter] = /<div class="u"[^>]*>(.*?)<\/div>/s.exec(page) ?? [];
    assert.equal(scatter.match(/class="t /g)?.length, 125, "every second of 250");
  });

  it("shows of each picture its own thumbnail, wherever it is stored", async () => {
    const sheets = new Map(
      [...page.matchAll(/\.([sp]\d+)\{background-image:url\(data:image\/webp;base64,([^)]+)\)\}/g)].map(
        ([, name, data]) => [name, cellsOf(Buffer.from(data, "base64"))],
      ),
    );
    assert.deepEqual(
      [...sheets.keys()].filter((name) => name.startsWith("s")),
      ["s0"],
    );
    const rows = await result.query("select path, shard, map_row from results");
    const places = new Map(
      rows.map(({ path, shard, map_row }) => [path, { shard: Number(shard), row: Number(map_row) }]),
    );
    const shown = [
      ...page.matchAll(/class="t (\w+) c(\d+)"[^>]* title="([^:"]+):/g),
      ...page.matchAll(/class="t (\w+) c(\d+)" role="img" aria-label="([^"]+)"/g),
    ];
    assert.ok(shown.length > 64 + 125);
    const elsewhere = shown.filter(([, name]) => name.startsWith("p"));
    assert.ok(elsewhere.length > 90, `${elsewhere.length}`);
    const stored = await Promise.all(
      [0, 1, 2, 3].map(async (i) => cellsOf(await readFile(join(result.folder, shardFiles(i).thumbnails)))),
    );
    for (const [, name, index, path] of elsewhere) {
      const { shard, row } = places.get(path) as { shard: number; row: number };
      assert.notEqual(shard, 0);
      const drawn = await (sheets.get(name) as (typeof stored)[0])(Number(index));
      const own = await stored[shard](row);
      const other = await stored[shard](row > 0 ? row - 1 : 1);
      assert.ok(distance(drawn, own) < 6 && distance(drawn, own) < distance(drawn, other) / 3, path);
    }
  });

  it("heads each cluster with its number, its size, its mean map and its classes, the most suspicious first", async () => {
    const sections = sectionsOf(page);
    const numbers = sections.map((section) => Number(/Cluster (\d+) · \d+ pictures/.exec(section)?.[1]));
    assert.equal(numbers[0], shortcuts.groups[0].cluster);
    assert.deepEqual(numbers.toSorted(), [...new Set(shortcuts.points.map(({ cluster }) => cluster))].sort());
    const rows = (await result.query("select * from results")) as unknown as (MapPlace & Record<string, unknown>)[];
    const predictions = new Map(rows.map(({ path, prediction }) => [path, prediction]));
    for (const [number, mean] of shortcuts.clusterMeans.entries()) {
      const paths = new Set(shortcuts.points.filter(({ cluster }) => cluster === number).map(({ path }) => path));
      const maps = await Promise.all(rows.filter(({ path }) => paths.has(String(path))).map((row) => result.map(row)));
      const fine = maps.map((map) => (map ? resizeMap(map.data, map.width, map.height, 32, 32) : []));
      assertClose(
        mean,
        mean.map((_, i) => fine.reduce((sum, map) => sum + Math.max(0, map[i]), 0) / fine.length),
        1e-5,
      );
    }
    for (const [i, section] of sections.entries()) {
      const members = shortcuts.points.filter(({ cluster }) => cluster === numbers[i]);
      assert.ok(section.includes(`Cluster ${numbers[i]} · ${members.length} pictures`));
      assert.match(section, /^<div class="h"><div class="m"><img alt="mean map of the cluster" src="data:image\/png/);
      const own = members.map(({ path }) => predictions.get(path));
      const largest = shortcuts.groups.find(({ cluster }) => cluster === numbers[i])?.prediction;
      if (!largest) continue;
      const share = Math.round((100 * own.filter((name) => name === largest).length) / own.length);
      assert.match(section, new RegExp(`Predicted: [^.]*${largest} ${share} %`));
    }
    assert.match(
      sections[0],
      /<strong>boat<\/strong> · \d+ pictures · \d+ % of the cluster · <em>looks like a shortcut/,
    );
    assert.match(sections[0], /pasted on pictures of other classes it makes \d+ % of them boat; the same region/);
    assert.match(sections[0], /Labelled: boat \d+ %/);
  });
});
