import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { FrontEnd } from "./front-end.js";
import { differences, shownTexts, storedTexts } from "./lessons.js";
import { ISOLATED, type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, root } from "./support.js";

const LESSONS = [
  "1-basic.ipynb",
  "2-deep-dive.ipynb",
  "3-map-interpretation.ipynb",
  "4-auditing.ipynb",
  "5-measuring.ipynb",
  "6-for-and-against.ipynb",
  "7-teach-and-catch.ipynb",
  "8-open-the-algorithm.ipynb",
  "9-what-did-it-learn.ipynb",
];

const VIEWS = { lab: "lab/index.html", notebook: "notebooks/index.html" };

/** The views differ in what surrounds a notebook: each lesson runs in one of them, isolated or not, in turn. */
describe("every lesson in a page, from its first to its last cell", {
  skip: missingForBrowser(),
  timeout: 10_800_000,
}, () => {
  let folder: string;
  let browser: Browser;
  const servers: StaticServer[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-site-"));
    await buildSite(folder, { notebooks: join(root, "notebooks"), model: "efficientnet-lite0", title: "Lessons" });
    servers.push(await serveFolder(folder), await serveFolder(folder, ISOLATED));
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [i, lesson] of LESSONS.entries()) {
    for (const [view, path] of Object.entries(VIEWS)) {
      test(`${lesson} in the ${view} view prints what Node prints`, { timeout: 1_200_000 }, async () => {
        const server = servers[(i + Number(view === "lab")) % 2];
        await using page = await FrontEnd.open(browser, `${server.url}${path}?path=${lesson}`);
        const cells = await page.runAll(1_100_000);
        assert.deepEqual(differences(shownTexts(cells), await storedTexts(lesson)), []);
        await page.keep(`site-${lesson}-${view}`);
      });
    }
  }
});
