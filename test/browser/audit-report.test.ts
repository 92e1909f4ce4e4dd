import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "../audit/pictures.js";
import { keep, launch, missingForBrowser, openPage } from "./support.js";

const HOSTILE = [
  "<img src=x onerror=alert(1)>.png",
  `" onmouseover="alert(2)" x=".png`,
  "' onload='alert(3)'.png",
  "<style>body{display:none}<!--.png",
];
const COUNT = 96;

describe("an audit's report as a file", { skip: missingForBrowser() }, () => {
  let browser: Browser;
  let page: Page;
  let folders: string[] = [];
  let problems: string[];
  before(async () => {
    const lesson = classroom.models.shortcut;
    await using model = await loadModel(lesson.url, { ...lesson.options, threads: 1 });
    const [pictures, out] = [await pictureFolder(COUNT, 81), await folder()];
    folders = [pictures, out];
    const [boat] = await readdir(join(pictures, "boat"));
    for (const name of HOSTILE) await writeFile(join(pictures, name), await readFile(join(pictures, "boat", boat)));
    await writeFile(join(pictures, "<b>broken.png"), "no picture");
    await audit(model, pictures, { method: "recipro-cam", out, shortcuts: true });

    browser = await launch();
    ({ page, problems } = await openPage(browser));
    const url = pathToFileURL(join(out, "report.html")).href;
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) problems.push(`a request to ${request.url()}`);
    });
    page.on("dialog", async (dialog) => {
      problems.push(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    await page.goto(url);
  });
  after(async () => {
    await browser?.close();
    for (const one of folders) await rm(one, { recursive: true, force: true });
  });

  /** How many different colours an element shows. */
  const coloursOf = async (selector: string, index = 0) => {
    const shot = await page.locator(selector).nth(index).screenshot();
    const data = await sharp(shot).removeAlpha().raw().toBuffer();
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += 3) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return colours.size;
  };

  test("shows the cases, the shortcut with its pictures, and each cluster with its mean map", async () => {
    assert.match(await page.title(), /^Audit of/);
    const section = page.locator(".k").first();
    assert.match((await section.locator("h4").textContent()) ?? "", /^Cluster \d+ · \d+ pictures$/);
    assert.match((await section.textContent()) ?? "", /boat · \d+ pictures .* looks like a shortcut/);
    assert.ok((await coloursOf(".k .m")) > 50, "the mean map is drawn");
    assert.ok((await coloursOf(".k .r .t")) > 500, "a picture of the group is drawn");
    assert.ok((await coloursOf(".u")) > 5000, "the scatter is drawn");
    const broken = await page.locator("img").evaluateAll((images) => {
      const all = images as unknown as { complete: boolean; naturalWidth: number }[];
      return all.filter(({ complete, naturalWidth }) => !complete || naturalWidth === 0).length;
    });
    assert.equal(broken, 0);
    await keep(page, "audit-report");
    assert.deepEqual(problems, []);
  });

  test("shows a finding's proof in its first screen, wide and narrow", async () => {
    for (const [width, height] of [
      [1280, 720],
      [390, 844],
    ]) {
      await page.setViewportSize({ width, height });
      await page.evaluate("scrollTo(0, 0)");
      const card = page.locator(".s.f").first();
      assert.match(
        (await card.textContent()) ?? "",
        /boat · \d+ pictures .* looks like a shortcut.* pasted on pictures/,
      );
      for (const part of [card.locator(".m"), card.locator("strong"), card.locator(".t").first()]) {
        const { y, height: tall } = (await part.boundingBox())!;
        assert.ok(y >= 0 && y + tall <= height, `${y} to ${y + tall} on a screen of ${height}`);
      }
      await keep(page, `audit-report-${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    assert.deepEqual(problems, []);
  });

  test("opens its closed sections by mouse and keyboard, and shows every picture there", async () => {
    const sections = page.locator("details");
    let pictures = 0;
    for (let i = 0; i < (await sections.count()); i++) {
      const summary = sections.nth(i).locator("summary");
      if (i % 2) await summary.click();
      else {
        await summary.focus();
        await page.keyboard.press("Enter");
      }
      const figures = sections.nth(i).locator("figure .t");
      const count = await figures.count();
      if (count === 0) continue;
      assert.match((await summary.textContent()) ?? "", new RegExp(`\\(${count}\\)$`));
      await figures.last().scrollIntoViewIfNeeded();
      assert.ok(await figures.last().isVisible());
      pictures += count;
    }
    assert.equal(pictures, COUNT + HOSTILE.length);
    assert.ok((await coloursOf("figure .t")) > 500, "a picture of the gallery is drawn");
    assert.deepEqual(problems, []);
  });

  test("leaves names text, whatever they hold", async () => {
    const names = await page
      .locator("figure")
      .evaluateAll((all) => (all as unknown as { title: string }[]).map(({ title }) => title));
    for (const name of HOSTILE) assert.ok(names.includes(name), name);
    assert.match((await page.locator("table").last().textContent()) ?? "", /<b>broken\.png/);
    assert.equal(await page.locator("[onerror], [onmouseover], [onload], script, img[src='x'], table b").count(), 0);
    for (const name of HOSTILE) await page.locator(`figure[title=${JSON.stringify(name)}]`).hover();
    assert.deepEqual(problems, []);
  });

  test("fits a phone in dark colours", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await page.emulateMedia({ colorScheme: "dark" });
    const [needed, given] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
    assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
    const background = await page.evaluate("getComputedStyle(document.body).color");
    assert.equal(background, "rgb(255, 255, 255)");
    await keep(page, "audit-report-phone");
    assert.deepEqual(problems, []);
  });
});
