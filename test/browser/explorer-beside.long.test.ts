import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { type Audit, audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { type ExplorerServer, serveExplorer } from "../../src/cli/view/server.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { writeAuditPage } from "../../src/export/audit-page.js";
import { loadModel } from "../../src/load-model.js";
import { folder } from "../audit/pictures.js";
import {
  type AuditOfColours,
  type AuditOfPictures,
  auditOfColours,
  auditOfPictures,
  HOSTILE_NAMES,
} from "../explorer/audits.js";
import { seriousFindings } from "./axe.js";
import { type ExplorerPage, openExplorer } from "./explorer-page.js";
import { keep, launch, missingForBrowser } from "./support.js";

/** What a page must not have made of a name. */
const MADE = "[onerror], [onmouseover], img[src='x'], .sl-x style, .sl-x b";
const SIZES = [
  ["wide", { width: 1280, height: 720 }, "light"],
  ["phone", { width: 390, height: 844 }, "light"],
  ["dark", { width: 1280, height: 720 }, "dark"],
] as const;

/** Keeps a picture of the page at three sizes; nothing is wider than its window. */
async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme] of SIZES) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(400);
    await keep(page, `${name}-${size}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name}, ${size}`);
  }
  await page.setViewportSize(SIZES[0][1]);
  await page.emulateMedia({ colorScheme: "light" });
}

describe("an audit beside an earlier one, of hostile names and labels", { skip: missingForBrowser() }, () => {
  let made: AuditOfPictures;
  let later: Audit;
  let explorer: Explorer;
  let server: ExplorerServer;
  let browser: Browser;
  let shown: ExplorerPage;
  let page: Page;
  before(async () => {
    made = await auditOfPictures(48, { hostile: true });
    const { url, options } = classroom.models.honest;
    const labels = classroom.labels.map((label) => `<img src=x onerror=alert(7)>${label}`);
    await using hostile = await loadModel(url, { ...options, labels, threads: 1 });
    later = await audit(hostile, made.pictures, { method: "recipro-cam", out: await folder(), shortcuts: false });
    explorer = await Explorer.open(later, { before: made.audit });
    server = await serveExplorer(explorer);
    browser = await launch();
    shown = await openExplorer(browser, server.url);
    ({ page } = shown);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await explorer?.close();
    if (later) await rm(later.folder, { recursive: true, force: true });
    await made?.[Symbol.asyncDispose]();
  });

  test("changes are a facet, and the map has both: now, before, and the way between", async () => {
    await shown.has(".sl-x-title", /beside an earlier audit of/);
    await page.getByRole("radio", { name: "Map" }).check();
    const map = page.locator(".sl-x-map");
    await map.locator(".sl-note").filter({ hasText: "The earlier audit's map" }).waitFor();
    await map.locator(".sl-x-legend").filter({ hasText: "another answer" }).waitFor();
    const drawn = () =>
      map
        .locator(".sl-x-plane canvas")
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const now = await drawn();
    await map.getByLabel("Of each picture").selectOption("earlier");
    await page.waitForTimeout(300);
    const was = await drawn();
    await map.getByLabel("Of each picture").selectOption("moves");
    await page.waitForTimeout(300);
    const moves = await drawn();
    assert.equal(new Set([now, was, moves]).size, 3);
    await look(page, "explorer-beside-map");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await map.getByLabel("Coloured by").selectOption("prediction");
    await map.locator(".sl-x-legend").filter({ hasText: "<img src=x onerror=alert(7)>" }).waitFor();
    assert.equal(await page.locator(MADE).count(), 0);
    assert.deepEqual(shown.problems.splice(0), []);
  });

  test("the overview and an open picture leave labels and both paths of a pair text", async () => {
    await page.getByRole("radio", { name: "Overview" }).check();
    const pairs = shown.finding("duplicates").locator(".sl-x-pair");
    await pairs.first().waitFor();
    const said = (await pairs.locator("figcaption").allTextContents()).join("\n");
    assert.ok(
      HOSTILE_NAMES.some((name) => said.includes(name)),
      said,
    );
    await look(page, "explorer-pairs");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    assert.equal(await page.locator(MADE).count(), 0);
    await pairs.first().locator("button").first().click();
    await shown.has(".sl-x-detail .sl-x-score", "<img src=x onerror=alert(7)>");
    await shown.has(".sl-x-detail .sl-x-facts", "earlier prediction");
    assert.equal(await page.locator(MADE).count(), 0);
    assert.deepEqual(shown.problems.splice(0), []);
  });

  test("a page that stands alone has both audits, too, and does not say where they lie", async () => {
    const file = join(await folder(), "both.html");
    await writeAuditPage(later, file, { most: 1e8, before: made.audit });
    const files = [...(await readFile(file, "utf8")).matchAll(/data-file="(earlier\/[^"]*)" data-packed>([^<]*)</g)];
    const manifest = files.find(([, name]) => name === "earlier/audit.json")?.[2] ?? "";
    const told = gunzipSync(Buffer.from(manifest, "base64")).toString();
    assert.equal(JSON.parse(told).source, basename(made.pictures));
    assert.ok(!told.includes(dirname(made.pictures)), told);
    const alone = await openExplorer(browser, pathToFileURL(file).href);
    await alone.page.context().setOffline(true);
    await alone.has(".sl-x-title", /beside an earlier audit of/);
    const [changes] = await explorer.facets([], ["change"]);
    assert.ok(changes.kind === "values" && changes.values.length > 1);
    await alone.facet("change").locator("summary").click();
    for (const { value, count } of changes.values) {
      const row = alone.facet("change").locator(`[data-value="${value}"] .sl-number`);
      await row.filter({ hasText: new RegExp(`^${count}$`) }).waitFor();
    }
    await alone.page.getByRole("radio", { name: "Map" }).check();
    const map = alone.page.locator(".sl-x-map");
    for (const by of ["features", "maps"]) {
      await map.getByLabel("Alike by").selectOption(by);
      await map.locator(".sl-note").filter({ hasText: "The earlier audit's map" }).waitFor();
    }
    await map.getByLabel("Of each picture").selectOption("moves");
    assert.equal(await alone.page.locator(".sl-error:visible").count(), 0);
    assert.equal(await alone.page.locator(MADE).count(), 0);
    assert.deepEqual(alone.problems, []);
    await alone.page.close();
  });
});

describe("a shortcut without a place in the explorer", { skip: missingForBrowser() }, () => {
  let made: AuditOfColours;
  let explorer: Explorer;
  let server: ExplorerServer;
  let browser: Browser;
  let shown: ExplorerPage;
  before(async () => {
    made = await auditOfColours(90);
    explorer = await Explorer.open(made.audit, { model: made.model });
    server = await serveExplorer(explorer);
    browser = await launch();
    shown = await openExplorer(browser, server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await explorer?.close();
    await made?.[Symbol.asyncDispose]();
  });

  test("is proven at one click, beside random edits of equal size", async () => {
    const { page } = shown;
    await page.getByRole("radio", { name: "Overview" }).check();
    const finding = shown.finding("property shortcut").first();
    await finding.getByRole("button", { name: "Prove it" }).click();
    await finding
      .locator(".sl-verdict")
      .filter({ hasText: /^Proven both ways: given to \d+ pictures of other classes, the colour cast turns/ })
      .waitFor({ timeout: 240_000 });
    const rows = finding.locator(".sl-x-table tbody tr");
    assert.equal(await rows.count(), 2);
    assert.equal(await rows.first().locator("th, td").count(), 5);
    await finding.locator("thead").filter({ hasText: "random edits of equal size" }).waitFor();
    assert.equal(
      await finding
        .locator("figcaption")
        .filter({ hasText: /^given: / })
        .count(),
      3,
    );
    assert.equal(
      await finding
        .locator("figcaption")
        .filter({ hasText: /^taken away: / })
        .count(),
      3,
    );
    await look(page, "explorer-property-proof");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    assert.deepEqual(shown.problems, []);
  });
});
