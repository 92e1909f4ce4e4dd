import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { classroom } from "../../src/classroom/index.js";
import { type ExplorerServer, serveExplorer } from "../../src/cli/view/server.js";
import { SightlineError } from "../../src/core/errors.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { pack, toBytes } from "../../src/explorer/pack.js";
import { readRequest } from "../../src/explorer/requests.js";
import { exportHtml } from "../../src/export/export-html.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { AuditExplorer } from "../../src/widgets/audit-explorer.js";
import { folder } from "../audit/pictures.js";
import { type AuditOfPictures, auditOfPictures, HOSTILE_NAMES } from "../explorer/audits.js";
import { seriousFindings } from "./axe.js";
import { type ExplorerPage, openExplorer } from "./explorer-page.js";
import { keep, launch, missingForBrowser, openPage, root } from "./support.js";

const COUNT = 96;

describe("the explorer of an audit in a browser", { skip: missingForBrowser() }, () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let server: ExplorerServer;
  let model: Model;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let shown: ExplorerPage;
  before(async () => {
    made = await auditOfPictures(COUNT, { hostile: true, shortcuts: true });
    const { url, options } = classroom.models.shortcut;
    model = await loadModel(url, { ...options, threads: 1 });
    explorer = await Explorer.open(made.audit, { model });
    server = await serveExplorer(explorer);
    browser = await launch();
    shown = await openExplorer(browser, server.url);
    ({ page, problems } = shown);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await explorer?.close();
    await model?.close();
    await made?.[Symbol.asyncDispose]();
  });

  const all = COUNT + HOSTILE_NAMES.length + 1;

  test("shows pictures, filters by a facet whose counts follow, and shows all again", async () => {
    await shown.count(`${all} pictures`);
    await shown.facet("prediction").locator("[data-value=boat]").click();
    const boats = (await explorer.order([{ kind: "values", column: "prediction", values: ["boat"] }], null)).length;
    await shown.count(`${boats} of ${all} pictures`);
    await shown.facet("flags").locator("[data-value=shortcut] .sl-number").filter({ hasText: /^\d+$/ }).waitFor();
    const truths = shown.facet("truth").locator(".sl-x-value");
    await shown.facet("truth").locator("[data-value=cup]").waitFor({ state: "detached" });
    const sum = (await truths.locator(".sl-number").allTextContents()).reduce((total, text) => total + Number(text), 0);
    assert.equal(sum, boats);
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${all} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("finds words and conditions in SQL, and says what is wrong with one that is none", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("ONERROR");
    await shown.count(`1 of ${all} pictures`);
    await page.locator(".sl-x-card[title]:only-child").filter({ hasText: "boat" }).waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${all} pictures`);
    await page.locator(".sl-x-sql summary").click();
    await page.locator(".sl-x-sql input").fill("prediction = ");
    await page.keyboard.press("Enter");
    await page.locator(".sl-error").filter({ hasText: "the query failed" }).waitFor();
    await page.locator(".sl-x-sql input").fill("error is not null");
    await page.keyboard.press("Enter");
    await shown.count(`1 of ${all} pictures`);
    await page.locator(".sl-x-card[title*='<b>broken.png']:only-child").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${all} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("walks through the pictures by keys and tells all of one", async () => {
    await shown.toGrid();
    await page.keyboard.press("Home");
    await page.keyboard.press("m");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    const detail = page.locator(".sl-x-detail");
    await detail.locator("table").waitFor();
    await detail
      .locator(".sl-x-head")
      .filter({ hasText: `2 of ${all}` })
      .waitFor();
    const second = (await explorer.rows([1]))[0];
    assert.ok((await detail.locator(".sl-x-path").textContent())?.includes(second.path));
    await detail.locator("img").waitFor();
    assert.ok((await detail.locator(".sl-x-near").count()) === 8);
    await keep(page, "explorer");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    assert.deepEqual(problems.splice(0), []);
  });

  test("tells what the audit flags and how often the model is right, and leads to the pictures", async () => {
    await page.getByRole("radio", { name: "Overview" }).check();
    const finding = shown.finding("shortcut");
    await finding.filter({ hasText: "boat" }).waitFor();
    await page
      .getByRole("region", { name: "Findings" })
      .getByText(/^leaks were not looked for: /)
      .waitFor();
    assert.equal(await finding.locator("canvas").count(), 8);
    assert.match((await page.getByRole("region", { name: "Accuracy" }).textContent()) ?? "", /boat\d+ of \d+/);
    await page.getByRole("region", { name: "Calibration" }).locator("svg .point, svg path.point").first().waitFor();
    await page.getByRole("region", { name: "Left out" }).filter({ hasText: "bad-image" }).waitFor();
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-overview");
    await finding.getByRole("button", { name: /^Show \d+ pictures$/ }).click();
    const flagged = (await explorer.overview([])).findings.find(({ kind }) => kind === "shortcut")?.ids.length ?? 0;
    await shown.count(`${flagged} of ${all} pictures`);
    await page.getByRole("radio", { name: "Overview" }).check();
    const cell = page.locator(".sl-x-matrix tbody tr:only-child td[data-right] button");
    const known = Number(await cell.textContent());
    assert.ok(known > 0 && known < flagged, "pictures of unknown truth are in no cell");
    await cell.click();
    await shown.count(`${known} of ${all} pictures`);
    await page.locator(".sl-x-card[title]").first().waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await shown.count(`${all} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("tests what a picture's map claims at a click, and keeps what was found", async () => {
    await shown.toGrid();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    const section = page.getByRole("region", { name: "Test of the claim" });
    await section.getByRole("button", { name: "Test the claim" }).click();
    await section
      .locator(".sl-verdict")
      .filter({ hasText: /^hiding 15 % of the picture .+ of 50 regions/ })
      .waitFor();
    await section.locator("img").waitFor();
    await keep(page, "explorer-tested");
    await page.keyboard.press("j");
    await section.getByRole("button", { name: "Test the claim" }).waitFor();
    await page.keyboard.press("k");
    await section.getByRole("button", { name: "Test it again" }).waitFor();
    await section.locator(".sl-verdict").waitFor();
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await page.keyboard.press("Escape");
    assert.deepEqual(problems.splice(0), []);
  });

  test("proves a shortcut both ways from the overview; a test that is cancelled or fails says so", async () => {
    await page.getByRole("radio", { name: "Overview" }).check();
    const finding = shown.finding("shortcut");
    const prove = finding.getByRole("button", { name: "Prove it" });
    let ends = () => {};
    const real = explorer.prove.bind(explorer);
    explorer.prove = () => new Promise((_, fail) => (ends = () => fail(new SightlineError("aborted", "cancelled"))));
    explorer.progress = async () => ({ done: 40, total: 320 });
    explorer.cancel = async () => {
      ends();
      return null;
    };
    await prove.click();
    await finding.locator(".sl-work").filter({ hasText: "40 of 320" }).waitFor();
    await finding.getByRole("button", { name: "Cancel" }).click();
    await finding.getByText("Cancelled.").waitFor();
    explorer.prove = async () => {
      throw new SightlineError("file-not-found", "the picture is not where it was audited");
    };
    await prove.click();
    await finding.locator(".sl-error").filter({ hasText: "not where it was audited" }).waitFor();
    explorer.prove = real;
    await prove.click();
    await finding
      .locator(".sl-verdict")
      .filter({ hasText: /^Proven both ways/ })
      .waitFor();
    assert.equal(await finding.locator("figure img").count(), 6);
    await keep(page, "explorer-proven");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    const { findings } = await explorer.overview([]);
    assert.ok(findings.find(({ kind }) => kind === "shortcut")?.proof, "the finding carries its proof");
    await page.getByRole("radio", { name: "Pictures" }).check();
    assert.deepEqual(problems.splice(0), []);
  });

  test("lays the pictures out on a map, coloured by a column; a lasso chooses, Enter opens", async () => {
    await page.getByRole("radio", { name: "Map" }).check();
    const map = page.locator(".sl-x-map");
    await map.locator(".sl-note").filter({ hasText: "UMAP of what the last layer reads" }).waitFor();
    await map.locator(`canvas[aria-label='Map of ${all - 1} pictures, 0 chosen']`).waitFor();
    await keep(page, "explorer-map");
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    const plane = await map.locator(".sl-x-plane").boundingBox();
    assert.ok(plane);
    const { ids, places } = await explorer.layout("features");
    const at = (i: number) => [plane.x + places[2 * i] * plane.width, plane.y + (1 - places[2 * i + 1]) * plane.height];
    const [x, y] = at(0);
    await page.mouse.move(x - 12, y - 12);
    await page.mouse.down();
    for (const [dx, dy] of [
      [12, -12],
      [12, 12],
      [-12, 12],
      [-12, -12],
    ])
      await page.mouse.move(x + dx, y + dy);
    await page.mouse.up();
    const near = [...ids].filter((_, i) => Math.abs(at(i)[0] - x) < 12 && Math.abs(at(i)[1] - y) < 12).length;
    await map.getByRole("button", { name: new RegExp(`^Show ${near} chosen picture`) }).click();
    await shown.count(`${near} of ${all} pictures`);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByRole("radio", { name: "Map" }).check();
    await map.getByLabel("Coloured by").selectOption("probability");
    await map.locator(".sl-x-legend").filter({ hasText: "dark to bright" }).waitFor();
    await map.getByLabel("Alike by").selectOption("maps");
    await map.locator(".sl-note").filter({ hasText: "evidence of the maps" }).waitFor();
    await map.getByRole("application").focus();
    await page.keyboard.press("Escape");
    await map.getByRole("button", { name: /chosen/ }).waitFor({ state: "hidden" });
    await page.keyboard.press("Enter");
    await page.locator(".sl-x-detail table").waitFor();
    await page.keyboard.press("Escape");
    assert.deepEqual(problems.splice(0), []);
  });

  test("leaves names text in every view, whatever they hold", async () => {
    for (const name of HOSTILE_NAMES) {
      await page.locator(".sl-x-tools input[type=search]").fill(name.split(" ")[0].replace(/\.png$/, ""));
      const card = page.locator(`.sl-x-card[title=${JSON.stringify(name)}]:only-child`);
      await card.click();
      const path = page.locator(".sl-x-path code").filter({ hasText: name });
      await path.waitFor();
      await page.keyboard.press("Escape");
    }
    assert.equal(await page.locator("[onerror], [onmouseover], img[src='x'], .sl-x style").count(), 0);
    await page.locator(".sl-x-tools input[type=search]").fill("");
    await shown.count(`${all} pictures`);
    assert.deepEqual(problems.splice(0), []);
  });

  test("is the same in a cell, where the kernel answers, and says so when it is gone", async () => {
    const cell = await page.context().newPage();
    const bundle = await readFile(join(root, "dist/src/widgets/browser/anywidget.js"), "utf8");
    await cell.exposeFunction("askKernel", async (name: string, given: unknown) => {
      const ask = readRequest(name, given);
      return [...toBytes(pack(await ask(explorer)))];
    });
    await cell.route("http://cell.test/**", (route) =>
      route.request().url().endsWith(".js")
        ? route.fulfill({ contentType: "text/javascript", body: bundle })
        : route.fulfill({ contentType: "text/html", body: "<!doctype html><body></body>" }),
    );
    await cell.goto("http://cell.test/");
    await cell.evaluate(`import("/widget.js").then(({ default: widget }) => {
      const traits = { kind: "audit-explorer", held: "", model: "<b>net</b>", pictures: ${all} };
      const listeners = [];
      globalThis.model = {
        comm_live: true, get: (name) => traits[name], set() {}, save_changes() {},
        on: (event, listener) => listeners.push([event, listener]), off() {},
        tell: (event, ...given) => listeners.forEach(([name, listener]) => name === event && listener(...given)),
        send: async ({ id, name, given }) => {
          if (!model.comm_live) return;
          const bytes = Uint8Array.from(await askKernel(name, given));
          model.tell("msg:custom", { type: "answer", id }, [new DataView(bytes.buffer)]);
        },
      };
      return widget.render({ model, el: document.body });
    })`);
    await cell.locator(".sl-x-card[title]").first().waitFor();
    await cell
      .locator("[data-count]")
      .filter({ hasText: `${all} pictures` })
      .waitFor();
    await cell.evaluate("model.comm_live = false; model.tell('comm_live_update')");
    await cell.locator(".sl-notice").filter({ hasText: "The kernel is gone" }).waitFor();
    await cell.close();
    assert.deepEqual(problems.splice(0), []);
  });

  test("is a summary of the audit where a page was saved and nobody answers", async () => {
    const widget = new AuditExplorer(made.audit);
    const file = join(await folder(), "saved.html");
    await exportHtml([widget], file);
    const { page: saved, problems: found } = await openPage(browser, { width: 390, height: 844 });
    await saved.route(/^https?:/, (route) => {
      found.push(`a request to ${route.request().url()}`);
      return route.abort();
    });
    await saved.goto(pathToFileURL(file).href);
    const view = saved.locator(".sl-x-summary");
    await view.getByText(/^Right in \d+ of \d+ pictures: /).waitFor();
    await view.getByText(/^Expected calibration error .* where confidence is right /).waitFor();
    await view.getByText(`sightline view ${made.audit.folder}`, { exact: false }).waitFor();
    await view.getByText(/^leaks were not looked for: /).waitFor();
    const findings = await made.audit.findings();
    assert.ok(findings.length > 0);
    assert.equal(await view.locator(".sl-x-finding").count(), findings.length);
    for (const { claim } of findings) await view.locator(".sl-x-finding").filter({ hasText: claim }).first().waitFor();
    const widths = await view
      .locator("img.sl-x-strip")
      .evaluateAll((all) => all.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));
    assert.equal(widths.length, findings.length);
    assert.ok(
      widths.every((width) => width >= 96),
      String(widths),
    );
    const [needed, given] = (await saved.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
    assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
    assert.deepEqual(await seriousFindings(saved, ".sl-x-summary"), []);
    await keep(saved, "explorer-saved");
    assert.deepEqual(found, []);
    await saved.close();
    widget.close();
  });

  test("fits a phone in dark colours", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: "dark" });
    const [needed, given] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
    assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
    assert.deepEqual(await seriousFindings(page, ".sl-x"), []);
    await keep(page, "explorer-phone");
    assert.deepEqual(problems.splice(0), []);
  });
});
