import assert from "node:assert/strict";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { Explorer } from "../../src/explorer/explorer.js";
import { writeAuditPage } from "../../src/export/audit-page.js";
import { folder } from "../audit/pictures.js";
import { type AuditOfPictures, auditOfPictures, HOSTILE_NAMES } from "../explorer/audits.js";
import { seriousFindings } from "./axe.js";
import { type ExplorerPage, openExplorer } from "./explorer-page.js";
import { keep, launch, missingForBrowser } from "./support.js";

const COUNT = 96;
const ALL = COUNT + HOSTILE_NAMES.length + 1;

describe("an audit as one page, from a file", { skip: missingForBrowser() }, () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let place: string;
  let browser: Browser;
  let shown: ExplorerPage;
  let page: Page;
  before(async () => {
    made = await auditOfPictures(COUNT, { hostile: true, shortcuts: true });
    await made.audit.tag("</script><b>first</b>", { where: "prediction = 'boat'" });
    explorer = await Explorer.open(made.audit);
    place = await folder();
    await writeAuditPage(made.audit, join(place, "page.html"), { most: 1e8 });
    browser = await launch();
    shown = await openExplorer(browser, pathToFileURL(join(place, "page.html")).href);
    ({ page } = shown);
    await page.context().setOffline(true);
  });
  after(async () => {
    await browser?.close();
    await explorer?.close();
    await rm(place, { recursive: true, force: true });
    await made?.[Symbol.asyncDispose]();
  });
  const healthy = () => assert.deepEqual(shown.problems.splice(0), []);

  test("counts, finds, sorts and filters by SQL as the served page does", async () => {
    await shown.count(`${ALL} pictures`);
    await shown.has(".sl-x > .sl-note", /stands alone/);
    await shown.facet("prediction").locator("[data-value=boat]").click();
    const boats = await explorer.order([{ kind: "values", column: "prediction", values: ["boat"] }], null);
    await shown.count(`${boats.length} of ${ALL} pictures`);
    await shown
      .facet("flags")
      .locator("[data-value=shortcut] .sl-number")
      .filter({ hasText: /^[1-9]\d*$/ })
      .waitFor();
    await shown.tagged("first", boats.length);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.locator(".sl-x-tools input[type=search]").fill("ONERROR");
    await shown.count(`1 of ${ALL} pictures`);
    await page.locator(".sl-x-tools input[type=search]").fill("");
    await shown.count(`${ALL} pictures`);
    const where = "probability > .9 and correct";
    await page.locator(".sl-x-sql summary").click();
    await page.locator(".sl-x-code").fill(where);
    await page.locator(".sl-x-sql").getByRole("button", { name: "Show" }).click();
    await shown.count(`${(await explorer.order([{ kind: "sql", where }], null)).length} of ${ALL} pictures`);
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${ALL} pictures`);
    assert.equal(await page.locator(".sl-x-code").inputValue(), "", "a condition that does not hold any more");
    const sort = { column: "border_share", descending: true };
    await page.getByLabel("Sort by").selectOption(sort.column);
    const [first] = await explorer.rows([(await explorer.order([], sort))[0]]);
    await page.locator(`#sl-x-0[title=${JSON.stringify(first.path)}]`).waitFor();
    healthy();
  });

  test("shows pictures with their maps and what is known of one; the large one is said to be elsewhere", async () => {
    await page.getByLabel("Sort by").selectOption("");
    const [first] = await explorer.rows([(await explorer.order([], null))[0]]);
    await page.locator(`#sl-x-0[title=${JSON.stringify(first.path)}]`).waitFor();
    await shown.toGrid();
    for (const key of ["Home", "m", "Enter"]) await page.keyboard.press(key);
    const detail = page.locator(".sl-x-detail");
    await detail.locator("table").waitFor();
    await shown.has(".sl-x-detail .sl-caption", "No large picture: this page has pictures as thumbnails alone.");
    const { neighbours } = await explorer.detail(0);
    const near = await explorer.rows(neighbours.map(({ id }) => id));
    const titles = await detail
      .locator(".sl-x-near")
      .evaluateAll((all) => all.map((one) => one.getAttribute("title") ?? ""));
    assert.equal(titles.length, near.length);
    for (const { path } of near) assert.ok(titles.some((title) => title.startsWith(path.slice(0, 20))));
    const seen = await page
      .locator(".sl-x-card canvas")
      .first()
      .evaluate((canvas: HTMLCanvasElement) => new Set(canvas.getContext("2d")?.getImageData(0, 0, 96, 96).data).size);
    assert.ok(seen > 20, `${seen} values in the first thumbnail`);
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-file");
    await page.keyboard.press("Escape");
    healthy();
  });

  test("has the overview with its charts, and both maps", async () => {
    await page.getByRole("radio", { name: "Overview" }).check();
    await shown.finding("shortcut").filter({ hasText: "boat" }).waitFor();
    await page.getByRole("region", { name: "Calibration" }).locator("svg .point, svg path.point").first().waitFor();
    await page.getByRole("radio", { name: "Map" }).check();
    const map = page.locator(".sl-x-map");
    await map.locator(`canvas[aria-label='Map of ${ALL - 1} pictures, 0 chosen']`).waitFor();
    await map.getByLabel("Alike by").selectOption("maps");
    await map.locator(".sl-note").filter({ hasText: "evidence of the maps" }).waitFor();
    await page.getByRole("radio", { name: "Pictures" }).check();
    healthy();
  });

  test("takes tags as long as it is open, says that it keeps none, and exports them", async () => {
    await shown.toGrid();
    for (const key of ["Home", "x", "t"]) await page.keyboard.press(key);
    await page.keyboard.type("mine");
    await page.keyboard.press("Enter");
    await shown.tagged("mine", 1);
    await page.keyboard.press("e");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save" }).click(),
    ]);
    const csv = await readFile(await saved.path(), "utf8");
    assert.match(csv, /mine/);
    assert.equal((await made.audit.tags()).length, 1, "the audit itself is left as it was");
    await page.keyboard.press("z");
    await shown.facet("tags").locator("[data-value=mine]").waitFor({ state: "detached" });
    healthy();
  });

  test("holds nothing of where the pictures lie, asks nobody, and leaves names text", async () => {
    const html = await readFile(join(place, "page.html"), "utf8");
    assert.ok(!html.includes(made.pictures) && !html.includes(made.audit.folder));
    const files = [...html.matchAll(/data-file="audit\/([^"]+)"/g)].map(([, name]) => name);
    assert.ok(files.includes("results.parquet") && files.includes("findings.json") && !files.includes("report.html"));
    const pictures = html.match(/data-file="audit\/pictures\.json" data-packed>([^<]+)/)?.[1] ?? "";
    const stream = new Blob([Buffer.from(pictures, "base64")]).stream().pipeThrough(new DecompressionStream("gzip"));
    const items = JSON.parse(await new Response(stream).text()) as { path: string; file: string }[];
    assert.ok(items.length === ALL && items.every(({ path, file }) => path === file));
    assert.equal(await page.locator("[onerror], [onmouseover], img[src='x'], .sl-x style, .sl-x b").count(), 0);
    const refused = await page.evaluate(() =>
      fetch("https://example.org/").then(
        () => "",
        () => "refused",
      ),
    );
    assert.equal(refused, "refused");
    shown.problems.splice(0);
  });

  test("brings no more than it is told to, and says how much that is", async () => {
    const thin = join(place, "thin.html");
    const sheet = (await stat(join(made.audit.folder, "thumbnails/000000.webp"))).size;
    const { limits, thumbnails, maps } = await writeAuditPage(made.audit, thin, { most: sheet });
    assert.deepEqual([thumbnails, maps], [64, 0]);
    assert.match(limits.join(" "), new RegExp(`The first 0 of ${ALL} pictures have a map in this page`));
    const other = await openExplorer(browser, pathToFileURL(thin).href);
    await other.count(`${ALL} pictures`);
    await other.has(".sl-x > .sl-note", `The first 64 of ${ALL} pictures have a thumbnail`);
    await other.toGrid();
    for (const key of ["m", "End", "Enter"]) await other.page.keyboard.press(key);
    await other.page.locator(".sl-x-detail table").waitFor();
    assert.equal(await other.page.locator(".sl-error:visible").count(), 0);
    assert.deepEqual(other.problems, []);
    await other.page.close();
  });

  test("fits a phone in dark colours", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: "dark" });
    const [needed, given] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
    assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-file-phone");
    healthy();
  });
});
