import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { classroom } from "../../src/classroom/index.js";
import { type ExplorerServer, serveExplorer } from "../../src/cli/view/server.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { type AuditOfPictures, auditOfPictures } from "../explorer/audits.js";
import { type ExplorerPage, openExplorer } from "./explorer-page.js";
import { keep, launch, missingForBrowser } from "./support.js";

const COUNT = 2000;

describe("an auditor's way through 2,000 pictures", { skip: missingForBrowser() }, () => {
  let made: AuditOfPictures;
  let model: Model;
  let explorer: Explorer;
  let server: ExplorerServer;
  let browser: Browser;
  let shown: ExplorerPage;
  let page: Page;
  before(async () => {
    made = await auditOfPictures(COUNT, { shortcuts: true });
    const { url, options } = classroom.models.shortcut;
    model = await loadModel(url, { ...options, threads: 1 });
    explorer = await Explorer.open(made.audit, { model });
    server = await serveExplorer(explorer);
    browser = await launch();
    shown = await openExplorer(browser, server.url);
    ({ page } = shown);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await explorer?.close();
    await model?.close();
    await made?.[Symbol.asyncDispose]();
  });

  test("the shortcut is found from the overview alone, proven, tagged, exported, there after a reload, and taken back", async () => {
    await shown.count("2,000 pictures");
    await page.getByRole("radio", { name: "Overview" }).check();
    const finding = shown.finding("shortcut").filter({ hasText: "boat" }).first();
    await finding.getByRole("button", { name: "Prove it" }).click();
    await finding
      .locator(".sl-verdict")
      .filter({ hasText: /^Proven both ways/ })
      .waitFor({ timeout: 240_000 });
    await keep(page, "explorer-story");
    const show = finding.getByRole("button", { name: /^Show [\d,]+ pictures$/ });
    const flagged = Number(((await show.textContent()) ?? "").replaceAll(/\D/g, ""));
    await show.click();
    await shown.count(`${flagged.toLocaleString("en")} of 2,000 pictures`);
    await shown.toGrid();
    for (const key of ["a", "t"]) await page.keyboard.press(key);
    await page.keyboard.type("watermark");
    await page.keyboard.press("Enter");
    await shown.tagged("watermark", flagged);
    await page.keyboard.press("e");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save" }).click(),
    ]);
    const [head, ...lines] = (await readFile(await saved.path(), "utf8")).trim().split("\r\n");
    const tags = head.split(",").indexOf("tags");
    assert.ok(tags > 0);
    assert.equal(lines.length, flagged);
    assert.ok(lines.every((line) => line.includes(",watermark,")));
    await page.reload();
    await shown.tagged("watermark", flagged);
    const [tag] = await made.audit.tags();
    assert.deepEqual([tag.tag, tag.pictures.length], ["watermark", flagged]);
    await page.getByRole("radio", { name: "Overview" }).check();
    await finding
      .locator(".sl-verdict")
      .filter({ hasText: /^Proven both ways/ })
      .waitFor();
    await page.getByRole("radio", { name: "Pictures" }).check();
    await shown.toGrid();
    await page.keyboard.press("z");
    await shown.has("[data-said]", `Took back: tagged ${flagged} pictures 'watermark'`);
    await shown.facet("tags").locator("[data-value=watermark]").waitFor({ state: "detached" });
    assert.deepEqual(await made.audit.tags(), []);
    assert.deepEqual(shown.problems, []);
  });
});
