import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { audit, findShortcuts, openAudit } from "../../src/audit/index.js";
import { spectralClusters } from "../../src/audit/shortcuts/clusters.js";
import { classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { wilsonInterval } from "../../src/core/wilson.js";
import type { Progress } from "../../src/core/work.js";
import { workHost } from "../../src/core/work.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";
import { plantedWatermark } from "./planted-watermark.js";

test("spectral clustering finds how many groups there are, and who belongs to which", () => {
  const source = random(4);
  const centres = [
    [0, 0],
    [6, 0],
    [0, 6],
  ];
  const rows = Array.from({ length: 120 }, (_, i) => {
    const [x, y] = centres[i % 3];
    return Float32Array.of(x + source.normal(), y + source.normal());
  });
  const { labels, clusters, eigenvalues } = spectralClusters(rows);
  assert.equal(clusters, 3);
  assert.ok(eigenvalues[2] < 0.1 && eigenvalues[3] > 0.1);
  for (let i = 0; i < 120; i++) assert.equal(labels[i], labels[i % 3]);
});

test("by recipro-cam the planted watermark comes out first, and nothing is flagged on the honest model", () =>
  plantedWatermark("recipro-cam"));

test("a watermark that is elsewhere in each picture is found, shown and stored; an honest net has none", async () => {
  const pictures = await pictureFolder(160, 12, "anywhere");
  for (const name of ["shortcut", "honest"] as const) {
    const { url, options } = classroom.models[name];
    await using model = await loadModel(url, { ...options, threads: 1 });
    const out = await folder();
    const result = await audit(model, pictures, { out, method: "recipro-cam", shortcuts: true });
    const findings = await result.findings();
    const page = await readFile(join(out, "report.html"), "utf8");
    if (name === "honest") {
      assert.deepEqual(findings, []);
      assert.match(page, /No group of pictures shares a region/);
      continue;
    }
    assert.deepEqual(
      findings.map(({ kind, label }) => [kind, label]),
      [["moving-shortcut", "boat"]],
    );
    const [{ effect, null: control, evidence, pictures: paths }] = findings;
    const { value: flips, interval } = effect;
    assert.ok(flips >= 0.75 && control.value <= 0.1 && Number(evidence.share) >= 0.3, JSON.stringify(findings));
    assert.deepEqual(interval, wilsonInterval(Math.round(flips * 80), 80), "80 pictures were pasted on");
    assert.ok(paths.length >= 8 && paths.every((path) => path.endsWith(".png")));
    assert.match(page, /Pictures of <strong>boat<\/strong> have one thing in common, elsewhere in each/);
    assert.match(page, /<img alt="what the regions have in common" src="data:image\/png;base64,/);
    assert.deepEqual(await (await openAudit(out)).findings(), findings);
  }
});

test("the search tells how far it is, and can be interrupted at any time", async (t) => {
  const { url, options } = classroom.models.shortcut;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const result = await audit(model, await pictureFolder(200, 11), { out: await folder(), shortcuts: false });
  const told: Progress[] = [];
  const titles: string[] = [];
  const { signal: before, watch } = workHost;
  t.after(() => Object.assign(workHost, { signal: before, watch }));
  workHost.watch = (title) => {
    titles.push(title);
    return { progress: (progress) => told.push(progress), end: () => {} };
  };
  const { groups } = await findShortcuts(model, result);
  assert.deepEqual(titles, ["search for shortcuts"]);
  const [{ classes }] = await result.query("select count(distinct prediction) as classes from results");
  const total = groups.length + Number(classes);
  assert.deepEqual(
    told.map((progress) => [progress.done, progress.total]),
    Array.from({ length: total }, (_, i) => [i + 1, total]),
  );
  for (const milliseconds of [1, 60]) {
    const controller = new AbortController();
    workHost.signal = () => controller.signal;
    const search = findShortcuts(model, result);
    setTimeout(() => controller.abort(), milliseconds);
    await assert.rejects(search, { code: "aborted" });
  }
});
