import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";

test("2,000 pictures: every one exactly once, the watermark first, a report that a browser can hold", async () => {
  const { url, options } = classroom.models.shortcut;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const pictures = await pictureFolder(2000, 51);
  const out = await folder();
  const heap: number[] = [];
  const onProgress = ({ done }: { done: number }) => {
    if (done % 100 === 0) heap.push(process.memoryUsage().heapUsed);
  };
  const result = await audit(model, pictures, { method: "recipro-cam", out, onProgress });
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
  const least = (values: readonly number[]) => Math.min(...values);
  const growth = least(heap.slice(-5)) - least(heap.slice(0, 5));
  assert.ok(growth < 40e6, `the heap grew by ${growth} bytes from the first 500 pictures to the last`);
});
