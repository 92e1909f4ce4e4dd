import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { blobModel } from "../support/analytic-model.js";
import { Finger } from "./finger.js";
import { keep, missingForBrowser } from "./support.js";
import { SIDE, WidgetPages } from "./widget-pages.js";

const PHONE = { width: 390, height: 844 };

describe("widgets under a finger, on a phone, without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  before(async () => {
    pages = await WidgetPages.start();
  });
  after(() => pages[Symbol.asyncDispose]());

  const scrollOf = (page: Page) => page.evaluate("scrollY").then(Number);

  test("SaliencyViewer: a finger moves the values that are shown, zooms and moves the picture", async () => {
    const { page, problems } = await pages.open([new SaliencyViewer(pages.hills("by-hand"))], "touch-viewer", PHONE);
    const view = page.locator(".sl-viewer[data-paint]");
    await view.waitFor();
    await using finger = await Finger.on(page);
    const low = view.getByRole("slider", { name: "Show values, lower end" });
    const before = Number(await low.inputValue());
    const painted = await view.getAttribute("data-painted");
    const both = await low.locator("xpath=..").boundingBox();
    const handle = await low.boundingBox();
    assert.ok(both && handle);
    const middle = (handle.y + handle.height / 2 - both.y) / both.height;
    const left = (handle.x + 8 - both.x) / both.width;
    await finger.draw(low.locator("xpath=.."), [
      [left, middle],
      [left + 0.1, middle],
      [left + 0.3, middle],
    ]);
    await page.locator(`.sl-viewer:not([data-painted="${painted}"])`).waitFor();
    assert.ok(Number(await low.inputValue()) > before, `${await low.inputValue()} after ${before}`);
    await finger.tap(view.getByRole("button", { name: "Zoom in" }).first());
    const frame = view.locator(".sl-frame[data-zoomed]").first();
    await frame.waitFor();
    const pixels = () =>
      frame.locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL("image/png"));
    const [was, scrolled] = [await pixels(), await scrollOf(page)];
    await finger.draw(frame, [
      [0.7, 0.7],
      [0.5, 0.5],
      [0.3, 0.3],
    ]);
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    assert.notEqual(await pixels(), was, "the picture moved");
    assert.equal(await scrollOf(page), scrolled, "the page did not");
    await keep(page, "touch-viewer");
    assert.deepEqual(problems, []);
  });

  test("CurveScrubber: a finger drawn along the curves moves through the pixels; up and down it scrolls the page", async () => {
    const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
    const scrubber = new CurveScrubber(model, pages.photo, [pages.hills("one"), pages.hills("two", 3)], {
      baselines: ["black"],
      nulls: 1,
    });
    await scrubber.measured();
    const { page, problems } = await pages.open([scrubber], "touch-scrubber", PHONE);
    const view = page.locator(".sl-scrubber");
    const plot = view.locator(".nsewdrag").first();
    await view.locator(".scatterlayer .trace").first().waitFor();
    const slider = view.getByRole("slider", { name: "Share of the picture's pixels" });
    const step = () => slider.inputValue().then(Number);
    await using finger = await Finger.on(page);
    const most = Number(await slider.getAttribute("max"));
    const along = [0.1, 0.2, 0.35, 0.5, 0.65, 0.8].map((x) => [x, 0.5] as const);
    for (const reach of [3, 5]) {
      await finger.draw(plot, along.slice(0, reach + 1));
      assert.ok(Math.abs((await step()) / most - along[reach][0]) < 0.05, `${await step()} of ${most}`);
    }
    await keep(page, "touch-scrubber");
    const [held, scrolled] = [await step(), await scrollOf(page)];
    const up = [0.9, 0.75, 0.6, 0.45, 0.3, 0.1].map((y) => [0.8, y] as const);
    await finger.draw(plot, up);
    await page.waitForFunction((before) => scrollY > before, scrolled);
    await page.mouse.move(40, 400);
    await page.mouse.move(60, 400);
    assert.ok(Math.abs((await step()) - held) <= 0.05 * most, "a gesture that scrolls holds nothing fast");
    assert.deepEqual(problems, []);
  });
});
