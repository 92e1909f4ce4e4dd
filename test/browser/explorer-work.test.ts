import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { Annotations } from "../../src/audit/annotations/annotations.js";
import { type ExplorerServer, serveExplorer } from "../../src/cli/view/server.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { type AuditOfPictures, auditOfPictures } from "../explorer/audits.js";
import { seriousFindings } from "./axe.js";
import { type ExplorerPage, openExplorer } from "./explorer-page.js";
import { keep, launch, missingForBrowser } from "./support.js";

const COUNT = 96;
const HOSTILE = `<img src=x onerror="alert(1)">'";drop table tags;--{{7*7}}`;

describe("work on an audit in a browser", { skip: missingForBrowser() }, () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let server: ExplorerServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let shown: ExplorerPage;
  before(async () => {
    made = await auditOfPictures(COUNT, { shortcuts: true });
    explorer = await Explorer.open(made.audit);
    server = await serveExplorer(explorer);
    browser = await launch();
    shown = await openExplorer(browser, server.url);
    ({ page, problems } = shown);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await explorer?.close();
    await made?.[Symbol.asyncDispose]();
  });

  test("the shortcut is found in the overview and its pictures are tagged; that outlives a reload, and is taken back", async () => {
    await page.getByRole("radio", { name: "Overview" }).check();
    const finding = shown.finding("shortcut");
    await finding.getByRole("button", { name: /^Show \d+ pictures$/ }).click();
    const flagged = (await explorer.overview([])).findings.find(({ kind }) => kind === "shortcut")!.ids;
    await shown.count(`${flagged.length} of ${COUNT} pictures`);
    await shown.toGrid();
    await page.keyboard.press("a");
    await shown.has("[data-chosen]", `${flagged.length} chosen`);
    await page.keyboard.press("t");
    await page.keyboard.type("watermark");
    await page.keyboard.press("Enter");
    await shown.has("[data-said]", `Tagged ${flagged.length} pictures 'watermark'.`);
    await shown.tagged("watermark", flagged.length);
    await page.locator(".sl-x-card .sl-x-marks[data-marks=watermark]").first().waitFor();
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-work");
    await page.reload();
    await shown.tagged("watermark", flagged.length);
    assert.deepEqual(
      (await made.audit.tags()).map(({ tag, pictures }) => [tag, pictures.length]),
      [["watermark", flagged.length]],
    );
    await shown.facet("tags").locator("[data-value=watermark]").click();
    await shown.count(`${flagged.length} of ${COUNT} pictures`);
    await shown.toGrid();
    await page.keyboard.press("e");
    await page.getByLabel("Format", { exact: true }).selectOption("fiftyone");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save" }).click(),
    ]);
    const dataset = JSON.parse(await readFile(await saved.path(), "utf8"));
    assert.equal(dataset.samples.length, flagged.length);
    assert.deepEqual(dataset.samples[0].tags, ["watermark"]);
    await shown.has("[data-said]", /^Saved as .*\.json\.$/);
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.toGrid();
    await page.keyboard.press("z");
    await shown.has("[data-said]", "Took back: tagged");
    await shown.facet("tags").locator("[data-value=watermark]").waitFor({ state: "detached" });
    await page.keyboard.press("Shift+Z");
    await shown.tagged("watermark", flagged.length);
    assert.deepEqual(problems.splice(0), []);
  });

  test("keys choose, note and keep a slice, and what is written stays text", async () => {
    await shown.toGrid();
    await page.keyboard.press("Escape");
    for (const key of ["Home", "x", "Shift+J", "j", " "]) await page.keyboard.press(key);
    await shown.has("[data-chosen]", "3 chosen");
    await page.keyboard.press("n");
    await page.keyboard.type(`${HOSTILE}\nsecond line`);
    await page.keyboard.press("Control+Enter");
    await shown.has("[data-said]", "Noted something on 3 pictures.");
    await page.keyboard.press("s");
    await page.keyboard.type(HOSTILE);
    await page.keyboard.press("Enter");
    await shown.has("[data-said]", "Kept 3 pictures as the slice");
    await page.keyboard.press("t");
    await page.keyboard.type(HOSTILE);
    await page.keyboard.press("Enter");
    await shown.tagged(HOSTILE, 3);
    await page.keyboard.press("Enter");
    await shown.has(".sl-x-detail .sl-x-note", /second line/);
    await shown.has(".sl-x-detail .sl-x-chip", HOSTILE);
    await shown.has(".sl-x-detail .sl-x-remarks", `In slices: ${HOSTILE}`);
    await shown.facet("tags").locator(".sl-x-value").filter({ hasText: HOSTILE }).click();
    await shown.count(`3 of ${COUNT} pictures`);
    await page.getByRole("button", { name: "Edit the note of" }).click();
    await page.locator(".sl-x-detail textarea").fill("only this");
    await page.locator(".sl-x-detail").getByRole("button", { name: "Save" }).click();
    await shown.has(".sl-x-detail .sl-x-note", /^only this$/);
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-note");
    assert.equal(await page.locator("[onerror], img[src='x']").count(), 0);
    const [note] = await made.audit.notes();
    assert.deepEqual([note.text, note.pictures.length], ["only this", 3]);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.keyboard.press("Escape");
    assert.deepEqual(problems.splice(0), []);
  });

  test("two tabs and another process see each other's work and lose none of it", async () => {
    const other = await page.context().newPage();
    await other.goto(server.url);
    await shown.tagged("watermark", (await made.audit.tags())[1].pictures.length, other);
    await (await Annotations.open(made.audit, "Ben")).do({ kind: "tag", tag: "Ben's", pictures: [[0, 6]] });
    await shown.tagged("Ben's", 7);
    await shown.tagged("Ben's", 7, other);
    await shown.toGrid();
    for (const key of ["Escape", "Escape", "Home", "t"]) await page.keyboard.press(key);
    await page.keyboard.type("mine");
    await page.keyboard.press("Enter");
    await shown.tagged("mine", 1);
    await shown.tagged("mine", 1, other);
    await shown.tagged("Ben's", 7, other);
    await other.close();
    await shown.toGrid();
    await page.keyboard.press("z");
    await shown.has("[data-said]", "Took back: tagged 1 picture 'mine'");
    await shown.tagged("Ben's", 7);
    assert.deepEqual(problems.splice(0), []);
  });

  test("an answer that comes late is not shown over a newer one; two filters in a row are both kept", async () => {
    let release: (() => void) | undefined;
    await page.route("**/ask/facets", async (route) => {
      if (release) return route.continue();
      const old = new Promise<void>((done) => {
        release = done;
      });
      const response = await route.fetch();
      await old;
      await route.fulfill({ response });
    });
    await shown.facet("correct").locator(".sl-x-value").first().click();
    await shown.count(`\\d+ of ${COUNT} pictures`);
    await shown.toGrid();
    for (const key of ["Escape", "Home", "t"]) await page.keyboard.press(key);
    await page.keyboard.type("late");
    await page.keyboard.press("Enter");
    await shown.tagged("late", 1);
    const answered = page.waitForResponse("**/ask/facets");
    release?.();
    await (await answered).finished();
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    await shown.tagged("late", 1);
    await page.unroute("**/ask/facets");
    await page.keyboard.press("z");
    await shown.facet("tags").locator("[data-value=late]").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${COUNT} pictures`);
    const values = shown.facet("truth").locator(".sl-x-value");
    const [first, second] = await Promise.all([0, 1].map((i) => values.nth(i).locator(".sl-number").textContent()));
    await page.evaluate(`(() => {
      const facets = [...document.querySelectorAll(".sl-x-facets > details")];
      const truth = facets.find((one) => one.querySelector("summary").textContent === "truth");
      for (const value of [...truth.querySelectorAll(".sl-x-value")].slice(0, 2)) value.click();
    })()`);
    await shown.count(`${Number(first) + Number(second)} of ${COUNT} pictures`);
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${COUNT} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("a view is kept under a name, opened from a list, by its link and by others, removed and taken back", async () => {
    const boats = await explorer.order([{ kind: "values", column: "prediction", values: ["boat"] }], null);
    await shown.facet("prediction").locator("[data-value=boat]").click();
    await shown.count(`${boats.length} of ${COUNT} pictures`);
    await page.getByLabel("Sort by").selectOption("border_share");
    await shown.toGrid();
    await page.keyboard.press("m");
    await page.keyboard.press("v");
    await page.keyboard.type(HOSTILE);
    await page.keyboard.press("Enter");
    await shown.has("[data-said]", "Kept the view");
    const link = page.url();
    assert.equal(new URLSearchParams(new URL(link).hash.slice(1)).get("view"), HOSTILE);
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${COUNT} pictures`);
    await page.getByRole("radio", { name: "Overview" }).check();
    await page.getByRole("button", { name: `Open the view ${HOSTILE}` }).click();
    await shown.count(`${boats.length} of ${COUNT} pictures`);
    assert.equal(await page.getByRole("radio", { name: "Pictures" }).isChecked(), true);
    assert.equal(await page.getByLabel("Sort by").inputValue(), "border_share");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-views");
    const other = await page.context().newPage();
    await other.goto(link);
    await shown.has("[data-count]", `${boats.length} of ${COUNT} pictures`, other);
    assert.equal(await other.getByRole("button", { name: "Maps" }).getAttribute("aria-pressed"), "true");
    const ben = await Annotations.open(made.audit, "Ben");
    await ben.do({ kind: "view", name: "Ben's", state: '{"page":"overview","filter":[],"sort":null,"overlay":false}' });
    const some = { kind: "pictures", name: "lasso", ids: [3, 4, 9] };
    const early = JSON.stringify({ page: "pictures", filter: [some], sort: null, overlay: false });
    await ben.do({ kind: "view", name: "early", state: early });
    await page.getByRole("button", { name: "Open the view early" }).click();
    await shown.count(`3 of ${COUNT} pictures`);
    await shown.toGrid();
    await page.keyboard.press("v");
    await page.keyboard.type("three");
    await page.keyboard.press("Enter");
    await shown.has("[data-said]", "Kept the view 'three'");
    await ben.refresh();
    assert.match(ben.state.views.get("three") ?? "", /"runs":\[3,2,4,1\]/);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByRole("button", { name: "Open the view three" }).click();
    await shown.count(`3 of ${COUNT} pictures`);
    await ben.do({ kind: "view", name: "broken", state: '{"page":"pictures","filter":[7]}' });
    await page.getByRole("button", { name: "Open the view Ben's" }).click();
    await page.getByRole("region", { name: "Accuracy" }).waitFor();
    await page.getByRole("button", { name: "Open the view broken" }).click();
    await shown.has(".sl-error", "that view cannot be read");
    await page.getByRole("button", { name: "Remove the view broken" }).click();
    await page.getByRole("button", { name: "Open the view broken" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: `Remove the view ${HOSTILE}` }).click();
    await other
      .getByRole("button", { name: `Open the view ${HOSTILE}`, includeHidden: true })
      .waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: `Open the view ${HOSTILE}` }).waitFor();
    await other.goto(`${server.url}#view=nobody's`);
    await shown.has(".sl-error", "nobody keeps a view called 'nobody's'", other);
    await other.close();
    await page.getByRole("button", { name: "Open the view Ben's" }).click();
    await page.getByRole("radio", { name: "Pictures" }).check();
    await shown.count(`${COUNT} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("a slice is shown from the list, removed there, and taken back", async () => {
    await shown.toGrid();
    for (const key of ["Escape", "Escape", "Home", "x", "s"]) await page.keyboard.press(key);
    await page.keyboard.type("one boat");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Show the slice one boat" }).click();
    await shown.count(`1 of ${COUNT} pictures`);
    await page.getByRole("button", { name: "Remove the slice one boat" }).click();
    await page.getByRole("button", { name: "Show the slice one boat" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Show the slice one boat" }).waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${COUNT} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("an order that is chosen while facets are counted leaves no count of other conditions", async () => {
    const onBoats = [{ kind: "values", column: "prediction", values: ["boat"] }] as const;
    const boats = await explorer.order(onBoats, null);
    const counted = (name: string, value: string, number: number) =>
      shown
        .facet(name)
        .locator(`[data-value=${value}] .sl-number`)
        .filter({ hasText: new RegExp(`^${number}$`) })
        .waitFor();
    await counted("prediction", "boat", boats.length);
    let release = () => {};
    const gate = new Promise<void>((done) => {
      release = done;
    });
    await page.route("**/ask/facets", async (route) => {
      await gate;
      await route.continue();
    });
    await shown.facet("prediction").locator("[data-value=boat]").click();
    await shown.count(`${boats.length} of ${COUNT} pictures`);
    const sort = { column: "probability", descending: true };
    await page.getByLabel("Sort by").selectOption(sort.column);
    const [first] = await explorer.rows([(await explorer.order(onBoats, sort))[0]]);
    await page.locator(`#sl-x-0[title=${JSON.stringify(first.path)}]`).waitFor();
    release();
    await counted("correct", "true", boats.length);
    await page.unroute("**/ask/facets");
    await page.getByLabel("Sort by").selectOption("");
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${COUNT} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("says what keys do, what to choose first, and what cannot be noted", async () => {
    await shown.toGrid();
    await page.keyboard.press("?");
    await shown.has("dialog", "take back what you did last");
    assert.deepEqual(await seriousFindings(page, "dialog"), []);
    await page.keyboard.press("Escape");
    await page.reload();
    await page.locator(".sl-x-card[title]").first().waitFor();
    await shown.toGrid();
    await page.keyboard.press("t");
    await shown.has("[data-said]", "Choose pictures first");
    await page.keyboard.press("a");
    assert.equal(await page.locator("[data-said]").textContent(), "", "pictures are chosen");
    await page.keyboard.press("t");
    await page.keyboard.type("a|b");
    await page.keyboard.press("Enter");
    await shown.has(".sl-error", "that cannot be noted");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".sl-x-deed").isVisible(), false);
    assert.deepEqual(problems.splice(0), []);
  });

  test("works on a phone in dark colours", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: "dark" });
    await shown.toGrid();
    for (const key of ["Home", "x", "t"]) await page.keyboard.press(key);
    const [needed, given] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
    assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-work-phone");
    assert.deepEqual(problems.splice(0), []);
  });
});
