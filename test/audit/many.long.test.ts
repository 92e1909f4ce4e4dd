import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";

test("2,000 pictures: every one exactly once, the watermark first, a report that a browser can hold", async () => {
  const { url, options } = classroom.models.shortcut;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const pictures = await pictureFolder(2000, 51);
  const out = await folder();
  const result = await audit(model, pictures, { method: "recipro-cam", out });
  const [counts] = await result.query(
    "select count(*) as n, count(distinct path) as paths, count(error) as errors, avg(correct::int) as right from results",
  );
  assert.deepEqual([counts.n, counts.paths, counts.errors], [2000, 2000, 0]);
  assert.ok(Number(counts.right) > 0.95, "marked boats are boats, and the others are known");
  const [{ clustered }] = await result.query("select count(*) as clustered from clusters join results using (path)");
  assert.equal(clustered, 600);
  const page = await readFile(join(out, "report.html"), "utf8");
  assert.ok(page.length < 8e6, `${page.length} bytes`);
  assert.match(page, /<h2>Shortcuts<\/h2>\s*<p>1 group of pictures[^<]*<strong>boat<\/strong>/);
});

/** A folder of many JPEGs: 40 different ones, each under many names. */
async function photographs(count: number): Promise<string> {
  const root = await folder();
  const different = 40;
  const pictures = [...classroom.pictures({ count: different, seed: 52 })];
  for (const [i, { image, label }] of pictures.entries()) {
    const jpeg = await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } })
      .resize(800 - i, 600 + i, { fit: "fill" })
      .jpeg()
      .toBuffer();
    await mkdir(join(root, label), { recursive: true });
    for (let copy = i; copy < count; copy += different) await writeFile(join(root, label, `${copy}.jpg`), jpeg);
  }
  return root;
}

test("memory does not grow with the number of pictures, neither on the heap nor beside it", async (t) => {
  const script = fileURLToPath(new URL("./run-audit-memory.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, await photographs(3000), await folder()]);
  const seen = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as NodeJS.MemoryUsage);
  assert.equal(seen.length, 150);
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const least = (values: readonly number[]) => Math.min(...values);
  for (const [kind, typical, most] of [
    ["heapUsed", least, 10e6],
    ["external", least, 15e6],
    ["rss", median, 50e6],
  ] as const) {
    const values = seen.map((one) => one[kind]);
    const [early, late] = [typical(values.slice(37, 75)), typical(values.slice(-38))];
    t.diagnostic(`${kind}: ${(early / 1e6).toFixed(0)} MB, 1,500 pictures later ${(late / 1e6).toFixed(0)} MB`);
    assert.ok(late - early < most, `${kind} grew by ${late - early} bytes over 1,500 pictures`);
  }
});
