import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { foreignRequests, type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, openPage, root } from "./support.js";

const lessons = readdirSync(join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
const PAGES = [
  "",
  "start.html",
  "gallery/",
  "methods/recipro-cam.html",
  ...lessons.map((name) => `lessons/${name.replace(".ipynb", ".html")}`),
  "how-to/own-model.html",
  "reference/api/index/functions/explain.html",
  "reference/commands/audit.html",
  "errors.html",
];
const SIZES = { wide: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } };

describe("the site of the documentation", { skip: missingForBrowser() }, () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-docs-"));
    const { buildDocs } = await import(join(root, "scripts/docs/build.mjs"));
    // builds below another path than "/", and fails on links that lead nowhere
    await buildDocs({ base: "/school/class-8b/", site: folder });
    server = await serveFolder(folder);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const shoot = async (page: Page, name: string) => {
    await mkdir(join(root, "reports/docs"), { recursive: true });
    await page.screenshot({ path: join(root, "reports/docs", `${name}.png`) });
  };

  for (const [size, viewport] of Object.entries(SIZES)) {
    it(`every kind of page is whole, asks no other host and fits, ${size}`, async () => {
      const { page, problems } = await openPage(browser, viewport);
      const foreign = foreignRequests(page, server);
      for (const path of PAGES) {
        await page.goto(server.url + path, { waitUntil: "networkidle" });
        const { width, broken } = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          broken: [...document.images]
            .filter((image) => image.complete && image.naturalWidth === 0)
            .map(({ src }) => src),
        }));
        assert.deepEqual(broken, [], path);
        assert.ok(width <= viewport.width, `${path} is ${width} pixels wide`);
        await shoot(page, `${path.replace(/\W+/g, "-") || "home"}-${size}`);
      }
      assert.deepEqual(foreign, []);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  it("the search finds a method without a server of its own", async () => {
    const { page } = await openPage(browser);
    const foreign = foreignRequests(page, server);
    await page.goto(`${server.url}start.html`, { waitUntil: "networkidle" });
    await page.keyboard.press("Control+k");
    await page.locator(".VPLocalSearchBox input").fill("recipro-cam");
    await page.locator(".VPLocalSearchBox .result").first().waitFor();
    const results = await page.locator(".VPLocalSearchBox .result").allInnerTexts();
    assert.ok(
      results.some((text) => /recipro-cam/i.test(text)),
      results.join("\n"),
    );
    assert.deepEqual(foreign, []);
    await page.context().close();
  });

  it("follows the reader's dark theme", async () => {
    const { page } = await openPage(browser, SIZES.wide);
    await page.emulateMedia({ colorScheme: "dark" });
    for (const path of ["gallery/", "methods/recipro-cam.html"]) {
      await page.goto(server.url + path, { waitUntil: "networkidle" });
      const light = await page.evaluate(() => {
        const [r, g, b] = (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number);
        return (r + g + b) / 3;
      });
      assert.ok(light < 60, `background of ${light}`);
      await shoot(page, `${path.replace(/\W+/g, "-")}-dark`);
    }
    await page.context().close();
  });
});
