import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { PlaygroundPage } from "./playground-support.js";
import { type StaticServer, serveFolder } from "./site-support.js";
import { keep, launch, missingForBrowser, root } from "./support.js";

const near = (a: number, b: number, most: number, what: string) =>
  assert.ok(Math.abs(a - b) <= most, `${what}: ${a} and ${b} differ by more than ${most}`);

describe("the playground", { skip: missingForBrowser(), timeout: 300_000 }, () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-playground-"));
    await buildSite(folder, { notebooks: join(root, "notebooks"), title: "Looks <b>", playground: "alone" });
    server = await serveFolder(folder);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("a stranger sees what the first model says and looks at, as Node computes it, and no other host is asked", async () => {
    await using playground = await PlaygroundPage.open(browser, server);
    await playground.settled();
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, options);
    const [{ image }] = classroom.pictures({ count: 1, seed: 1, labels: ["cup"], watermark: true });
    const expected = await model.predict(image, { top: 5 });
    const seen = await playground.predictions();
    assert.deepEqual(
      seen.map(({ label }) => label),
      expected.map(({ label }) => label),
    );
    for (const [i, { label, probability }] of expected.entries()) near(seen[i].probability, probability, 1e-5, label);

    const map = (await explain(model, image, { preset: "speed" })).map();
    const shown = await playground.map();
    assert.deepEqual([shown.width, shown.height], [map.width, map.height]);
    const largest = Math.max(...map.data.map(Math.abs));
    for (const [i, value] of map.data.entries()) near(shown.values[i], value, 1e-5 * largest, `value ${i}`);

    assert.equal(await playground.page.locator("h1").textContent(), "Looks <b>");
    await playground.page.locator(".pg-claim canvas").first().waitFor();
    assert.deepEqual(playground.foreign, []);
    assert.deepEqual(playground.problems, []);
    await keep(playground.page, "playground");
  });
});
