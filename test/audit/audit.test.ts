import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { audit, type MapPlace, openAudit } from "../../src/audit/index.js";
import { readVectors, shardFiles } from "../../src/audit/shards/shard.js";
import { classroom } from "../../src/classroom/index.js";
import type { Progress } from "../../src/core/work.js";
import { workHost } from "../../src/core/work.js";
import { evaluate } from "../../src/evaluate/evaluate.js";
import { explain } from "../../src/explain/explain.js";
import { resizeMap } from "../../src/image/resize-map.js";
import { loadModel } from "../../src/load-model.js";
import { penultimateOf } from "../../src/model/features.js";
import { auditFiles, folder, pictureFolder } from "./pictures.js";

const honest = () => loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1 });
const settings = { method: "recipro-cam", shortcuts: false } as const;

test("one row a picture: prediction, case, map and where its evidence lies; a bad file is a row with its error", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(24, 5);
  await writeFile(join(pictures, "star", "no-picture.png"), "this is text");
  const result = await audit(model, pictures, { ...settings, out: await folder() });
  const rows = await result.query("select * from results order by path");
  assert.equal(rows.length, 25);
  const bad = rows.filter(({ error }) => error !== null);
  assert.deepEqual(
    bad.map(({ path }) => path),
    ["star/no-picture.png"],
  );
  assert.match(String(bad[0].error), /^bad-image: /);

  const row = rows.find(({ path }) => path === "cup/0007.png") ?? rows[0];
  const e = await explain(model, join(pictures, String(row.path)), { method: "recipro-cam" });
  assert.equal(row.prediction, e.prediction.label);
  assert.equal(row.probability, e.prediction.probability);
  assert.equal(row.truth, String(row.path).split("/")[0]);
  const stored = await result.map(row as { shard: number; map_row: number });
  assert.deepEqual(stored?.data, e.map().data);
  const { shard, map_row } = row as unknown as MapPlace;
  const read = async (what: "scores" | "features") => {
    const { data, length } = readVectors(await readFile(join(result.folder, shardFiles(shard)[what])), what);
    return data.subarray(map_row * length, (map_row + 1) * length);
  };
  const scores = await read("scores");
  assert.equal(scores.length, model.labels.length);
  for (const { index, probability } of await model.predict(join(pictures, String(row.path)), { top: 99 })) {
    assert.equal(scores[index], probability);
  }
  const features = await read("features");
  assert.equal(features.length, penultimateOf(model)?.features);
  assert.ok(features.every(Number.isFinite) && features.some((value) => value !== features[0]));
  for (const share of ["concentration", "border_share"]) assert.ok(Number(row[share]) > 0 && Number(row[share]) < 1);
  assert.equal(await result.map(bad[0] as { shard: number; map_row: number }), undefined);

  const [{ right }] = await result.query("select avg(correct::int) as right from results where error is null");
  assert.ok(Number(right) > 0.9);
  assert.equal((await (await openAudit(result.folder)).query("select count(*) as n from results"))[0].n, 25);
});

test("evidence on the object's mask, on the border, and stability are measured where they can be", async () => {
  await using model = await honest();
  const root = await folder();
  const made = classroom.pictures({ count: 4, seed: 60 });
  const png = (data: Uint8Array, channels: 1 | 3) =>
    sharp(data, { raw: { width: 64, height: 64, channels } })
      .png()
      .toBuffer();
  const lines = ["path,label,mask"];
  for (const [i, { image, mask, label }] of made.entries()) {
    await writeFile(join(root, `${i}.png`), await png(Uint8Array.from(image.data), 3));
    await writeFile(
      join(root, `${i}-mask.png`),
      await png(
        mask.map((inside) => 255 * inside),
        1,
      ),
    );
    lines.push(`${i}.png,${label},${i === 3 ? "" : `${i}-mask.png`}`);
  }
  await writeFile(join(root, "list.csv"), lines.join("\n"));
  const options = { ...settings, method: "occlusion", options: { window: 12, stride: 4 }, stability: true };
  const result = await audit(model, join(root, "list.csv"), { ...options, out: join(root, "out") });
  const rows = await result.query("select * from results order by path");
  for (const [i, row] of rows.entries()) {
    const map = await result.map(row as unknown as MapPlace);
    assert.ok(map);
    const evidence = resizeMap(map.data, map.width, map.height, 64, 64).map((value) => Math.max(0, value));
    const share = (inside: (p: number) => boolean) =>
      evidence.reduce((sum, value, p) => sum + (inside(p) ? value : 0), 0) /
      evidence.reduce((sum, value) => sum + value, 0);
    const close = (value: unknown, expected: number) =>
      assert.ok(Math.abs(Number(value) - expected) < 0.06, `${value} ${expected}`);
    const fromEdge = (p: number) => Math.min(p % 64, 63 - (p % 64), p >> 6, 63 - (p >> 6));
    if (i === 3) assert.equal(row.mask_share, null);
    else
      close(
        row.mask_share,
        share((p) => made[i].mask[p] === 1),
      );
    close(
      row.border_share,
      share((p) => fromEdge(p) < 6.4),
    );
    assert.ok(Number(row.stability) > 0.3 && Number(row.stability) <= 1, `${row.stability}`);
    assert.match(String(row.sha256), /^[0-9a-f]{64}$/);
  }
});

test("100 pictures: every one exactly once, and a report that shows each", async () => {
  await using model = await honest();
  const result = await audit(model, await pictureFolder(100, 10), { method: "recipro-cam", out: await folder() });
  const [counts] = await result.query("select count(*) as n, count(distinct path) as paths from results");
  assert.deepEqual(counts, { n: 100, paths: 100 });
  const page = await readFile(join(result.folder, "report.html"), "utf8");
  assert.equal(page.match(/<figure title="/g)?.length, 100);
  assert.ok(page.includes("No group of pictures shares a region"));
  assert.doesNotMatch(page, /https?:\/\/|<script|src="(?!data:)/i);
});

test("two audits of the same pictures are the same, byte for byte", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(70, 6);
  const [one, two] = [await folder(), await folder()];
  await audit(model, pictures, { ...settings, out: one });
  await audit(model, pictures, { ...settings, out: two, concurrency: 1 });
  assert.deepEqual(await auditFiles(one), await auditFiles(two));
});

test("cancelling stops it, and running it again finishes it", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(100, 9);
  const out = await folder();
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }) => done >= 20 && controller.abort();
  await assert.rejects(audit(model, pictures, { ...settings, out, signal: controller.signal, onProgress }), {
    code: "aborted",
  });
  await assert.rejects(openAudit(out), { code: "audit-failed" });
  const result = await audit(model, pictures, { ...settings, out });
  assert.equal((await result.query("select count(distinct path) as n from results"))[0].n, 100);
});

test("a folder that cannot be written is an error that says what to do", async () => {
  await using model = await honest();
  const file = join(await folder(), "file");
  await writeFile(file, "");
  await assert.rejects(audit(model, await pictureFolder(2, 1), { ...settings, out: join(file, "out") }), {
    code: "write-failed",
  });
});

test("names are text in the report, whatever they hold, and a query that fails says why", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(4, 2);
  const [first] = (await readdir(pictures, { recursive: true })).filter((name) => name.endsWith(".png"));
  await writeFile(join(pictures, "<img src=x onerror=alert(1)>.png"), await readFile(join(pictures, first)));
  const result = await audit(model, pictures, { ...settings, out: await folder() });
  const html = await readFile(join(result.folder, "report.html"), "utf8");
  assert.ok(!html.includes("<img src=x"));
  assert.ok(html.includes("&lt;img src=x onerror=alert(1)&gt;.png"));
  assert.ok(!/<script/i.test(html));
  await assert.rejects(result.query("select nothing from results"), { code: "bad-data", message: /nothing/ });
});

test("who watches long work hears how far it is, and how much time is left", async (t) => {
  await using model = await honest();
  const told: Progress[] = [];
  const ends: unknown[] = [];
  const titles: string[] = [];
  const { watch } = workHost;
  t.after(() => {
    workHost.watch = watch;
  });
  workHost.watch = (title) => {
    titles.push(title);
    return { progress: (progress) => told.push(progress), end: (error) => ends.push(error) };
  };
  await audit(model, await pictureFolder(10, 3), { ...settings, out: await folder() });
  assert.deepEqual(titles, ["audit of 10 pictures", "search for duplicates, wrong labels and odd pictures"]);
  assert.deepEqual(
    told.map(({ done, total }) => [done, total]),
    Array.from({ length: 10 }, (_, i) => [i + 1, 10]),
  );
  assert.ok(told.slice(0, -1).every(({ secondsLeft }) => Number(secondsLeft) > 0));
  assert.equal(told.at(-1)?.secondsLeft, 0);
  assert.deepEqual(ends, [undefined, undefined]);
});

test("shares are of the positive evidence, as relevance mass has it, and there are none where there is no evidence", async () => {
  await using model = await honest();
  const root = await folder();
  const made = classroom.pictures({ count: 24, seed: 5 });
  const save = (data: Uint8Array, channels: 1 | 3, name: string) =>
    sharp(data, { raw: { width: 64, height: 64, channels } }).toFile(join(root, name));
  const lines = ["path,mask"];
  for (const [i, { image, mask }] of made.entries()) {
    await save(Uint8Array.from(image.data), 3, `${i}.png`);
    await save(
      mask.map((inside) => 255 * inside),
      1,
      `${i}-mask.png`,
    );
    lines.push(`${i}.png,${i}-mask.png`);
  }
  await writeFile(join(root, "list.csv"), lines.join("\n"));
  const list = join(root, "list.csv");
  const result = await audit(model, list, { ...settings, out: join(root, "out") });
  let negative = 0;
  for (const row of await result.query("select * from results")) {
    const index = Number.parseInt(String(row.path), 10);
    const e = await explain(model, join(root, String(row.path)), { method: "recipro-cam" });
    negative += Math.min(...e.map().data) < 0 ? 1 : 0;
    const measured = await evaluate(model, join(root, String(row.path)), e, {
      metrics: ["relevance-mass"],
      mask: made[index].mask,
      nulls: 0,
    });
    const { value } = measured.get("relevance-mass");
    assert.ok(Math.abs(Number(row.mask_share) - value) < 0.04, `${row.mask_share} ${value}`);
  }
  assert.ok(negative > 5, "maps with negative values are among them");

  const flat = { ...settings, method: "occlusion", options: { window: 64, stride: 64 }, out: join(root, "flat") };
  for (const row of await (await audit(model, list, flat)).query("select * from results")) {
    const [value] = (await result.map(row as unknown as MapPlace))?.data ?? [];
    assert.ok(Number.isFinite(value));
    if (row.concentration === null) assert.deepEqual([row.border_share, row.mask_share], [null, null]);
    else
      assert.ok(Math.abs(Number(row.concentration) - 0.1) < 1e-6 && Math.abs(Number(row.border_share) - 0.36) < 0.01);
  }
});

test("a mask that is missing or no picture is a note, and the picture is looked at all the same", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(3, 5);
  const names = (await readdir(pictures, { recursive: true })).filter((name) => name.endsWith(".png")).sort();
  await writeFile(join(pictures, "text.png"), "this is text");
  const masks = ["text.png", "nowhere.png", ""];
  await writeFile(join(pictures, "list.csv"), ["path,mask", ...names.map((n, i) => `${n},${masks[i]}`)].join("\n"));
  const result = await audit(model, join(pictures, "list.csv"), { ...settings, out: await folder() });
  const rows = await result.query("select * from results order by path");
  assert.ok(rows.every(({ prediction, error, mask_share }) => prediction && error === null && mask_share === null));
  assert.match(String(rows[0].notes), /mask.*bad-image/);
  assert.match(String(rows[1].notes), /mask.*file-not-found/);
  assert.equal(rows[2].notes, null);
});

test("many pictures side by side that can all be cancelled make no warning", async (t) => {
  await using model = await honest();
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on("warning", listen);
  t.after(() => process.off("warning", listen));
  const { signal } = new AbortController();
  await audit(model, await pictureFolder(32, 3), { ...settings, signal, concurrency: 32, out: await folder() });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});
