import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { widgetsRange } from "../../src/core/version.js";
import { keep, launch, missingForBrowser, openPage, root } from "./support.js";

const require = createRequire(import.meta.url);

/** What such a page asks servers of npm packages for, and the files that lie there. */
const SERVED: readonly [RegExp, string][] = [
  [
    /^https:\/\/cdnjs\.cloudflare\.com\/ajax\/libs\/require\.js\/.*\/require\.min\.js$/,
    require.resolve("requirejs/require.js"),
  ],
  [
    /^https:\/\/unpkg\.com\/@jupyter-widgets\/html-manager@.*\/dist\/embed-amd\.js$/,
    require.resolve("@jupyter-widgets/html-manager/dist/embed-amd.js"),
  ],
  [/^https:\/\/cdn\.jsdelivr\.net\/npm\/sightline@[^/]*\/dist\/index\.js$/, join(root, "dist/index.js")],
  [
    /^https:\/\/cdn\.jsdelivr\.net\/npm\/sightline@[^/]*\/dist\/src\/widgets\/browser\/plotly\.js$/,
    join(root, "dist/src/widgets/browser/plotly.js"),
  ],
];

test("the page that nbconvert makes of a walkthrough, as on nbviewer, shows widgets that move, from a package server", {
  skip: missingForBrowser({ jupyter: true }),
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-nbconvert-"));
  const browser = await launch();
  try {
    const { status, stderr } = spawnSync(
      join(root, ".venv/bin/jupyter"),
      ["nbconvert", "--to", "html", "--embed-images", "--output-dir", folder, join(root, "notebooks/1-basic.ipynb")],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    const { page, problems } = await openPage(browser);
    const asked: string[] = [];
    await page.route(/^https?:/, (route) => {
      const url = route.request().url();
      const file = SERVED.find(([address]) => address.test(url))?.[1];
      if (!file) return route.abort();
      asked.push(url);
      return route.fulfill({ path: file, contentType: "text/javascript" });
    });
    await page.goto(pathToFileURL(join(folder, "1-basic.html")).href);
    const view = page.locator(".sl-viewer[data-paint]").first();
    await view.waitFor();
    const canvas = view.locator("canvas.sl-canvas");
    const painted = () => canvas.evaluate((one) => (one as unknown as { toDataURL(): string }).toDataURL());
    const was = await painted();
    await view.getByRole("slider", { name: "Show values, lower end" }).focus();
    for (let i = 0; i < 60; i++) await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(300);
    assert.notEqual(await painted(), was);
    await view.locator(".js-plotly-plot").first().waitFor();
    await keep(page, "nbconvert");
    assert.ok(
      asked.some((url) => decodeURIComponent(url).includes(`/sightline@${widgetsRange}/`)),
      `the version of the views: ${asked}`,
    );
    assert.deepEqual(
      problems.filter((text) => !/net::ERR_|Failed to fetch dynamically imported/.test(text)),
      [],
    );
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});
