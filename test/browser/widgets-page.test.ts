import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { boxRegion } from "../../src/evaluate/region.js";
import { Explanation } from "../../src/explain/explanation.js";
import type { RawImage } from "../../src/image/types.js";
import type { VisualizationConfig } from "../../src/render/config.js";
import { visualize } from "../../src/render/visualize.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { MethodComparison } from "../../src/widgets/method-comparison.js";
import { PositiveNegativePanes } from "../../src/widgets/positive-negative-panes.js";
import { ProgressPanel } from "../../src/widgets/progress-panel.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade } from "../support/explanations.js";
import { keep, missingForBrowser, root } from "./support.js";
import { HOSTILE, SIDE, WidgetPages } from "./widget-pages.js";

const skip = missingForBrowser();

let pages: WidgetPages;
before(async () => {
  if (!skip) pages = await WidgetPages.start();
});
after(async () => {
  if (!skip) await pages[Symbol.asyncDispose]();
});
const hills = (method: string, shift?: number) => pages.hills(method, shift);
const open: WidgetPages["open"] = (...page) => pages.open(...page);

test("a page from a file shows the widgets, which move without a kernel or a network", { skip }, async () => {
  const items = ["a", HOSTILE].map((name) => ({ ...CaseBrowser.item(hills("by-hand"), HOSTILE), name }));
  const { page, problems } = await open(
    [
      new SaliencyViewer([hills("one"), hills("two", 3)]),
      new PositiveNegativePanes(hills("by-hand")),
      new MethodComparison([hills("one"), hills("two", 3)]),
      new CaseBrowser(items),
    ],
    "all",
  );
  for (const view of [".sl-viewer", ".sl-panes", ".sl-comparison", ".sl-cases"]) await page.locator(view).waitFor();
  await page.locator(".sl-comparison .js-plotly-plot").waitFor();
  const notice = page.locator(".sl-cases .sl-notice");
  assert.match(
    (await notice.textContent()) ?? "",
    /^This is a picture of what was found, without its kernel: run the cell to /,
  );
  const painted = () =>
    page.locator(".sl-viewer canvas.sl-canvas").evaluate((canvas) => {
      const { width, height } = canvas as unknown as { width: number; height: number };
      const context = (
        canvas as unknown as {
          getContext(kind: string): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
        }
      ).getContext("2d");
      return Array.from(context.getImageData(0, 0, width, height).data).reduce((sum, value) => sum + value, 0);
    });
  const was = await painted();
  const low = page.getByRole("slider", { name: "Show values, lower end" });
  await low.focus();
  await page.keyboard.press("End");
  await page.waitForTimeout(1000);
  assert.notEqual(await painted(), was);
  await keep(page, "page-viewer");
  await page.locator(".sl-cases").scrollIntoViewIfNeeded();
  await keep(page, "page-cases");
  assert.equal(await page.evaluate("globalThis.hacked"), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assert.deepEqual(problems, []);
});

test("a slider repaints 1,000 × 1,000 pixels by itself, without a kernel: how long that takes", {
  skip,
}, async (context) => {
  const side = 1000;
  const data = new Uint8Array(side * side * 3).map((_, i) => (i * 7) % 251);
  const cells = 14;
  const map = Float32Array.from({ length: cells * cells }, (_, i) => Math.sin(i / 9) + Math.cos((i % cells) / 3));
  const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const explanation = handmade(
    model,
    { data, width: side, height: side },
    { data: map, width: cells, height: cells, signed: true },
  );
  const configs: readonly VisualizationConfig[] = [
    { type: "pixels", polarity: "both", clip_below_percentile: 10 },
    { type: "outlines", polarity: "positive", clip_below_percentile: 10 },
  ];
  const { page, problems } = await open(
    configs.map((config) => new SaliencyViewer(explanation, { config })),
    "large",
  );
  for (const [i, { type }] of configs.entries()) {
    const view = page.locator(".sl-viewer").nth(i);
    const slider = view.getByRole("slider", { name: "Show values, lower end" });
    await slider.focus();
    const times: number[] = [];
    for (let move = 0; move < 40; move++) {
      const was = await view.getAttribute("data-painted");
      await page.keyboard.press(move % 4 === 3 ? "Home" : "PageUp");
      await view.locator(`xpath=self::*[@data-painted!="${was}"]`).waitFor();
      times.push(Number(await view.getAttribute("data-paint")));
    }
    times.sort((a, b) => a - b);
    context.diagnostic(
      `${type}, while a hand moves: median ${times[20]} ms, longest ${times.at(-1)} ms (a frame is 16 ms)`,
    );
  }
  assert.deepEqual(problems, []);
});

for (const width of [360, 1920]) {
  test(`every widget fits a page of ${width} pixels, and nothing in it is cut off`, { skip }, async () => {
    const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
    const [one, two] = [hills("recipro-cam"), hills("integrated-gradients", 3)];
    const claim = new TestTheClaim(model, pages.photo, one, { controls: 6 });
    await claim.test(boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: SIDE, height: SIDE }));
    const scrubber = new CurveScrubber(model, pages.photo, [one, two], { baselines: ["black"], nulls: 1 });
    await scrubber.measured();
    const panel = new ProgressPanel("rise on a network with a long name");
    panel.progress({ done: 300, total: 4000 });
    panel.end(new Error("the model gave no finite number: look at its preprocessing"));
    const items = Array.from({ length: 30 }, (_, i) => ({
      ...CaseBrowser.item(one, i % 2 ? "rest" : "something else"),
      name: `picture ${i} with a rather long name.png`,
    }));
    const { page, problems } = await open(
      [
        new SaliencyViewer([one, two]),
        new PositiveNegativePanes(one),
        new MethodComparison([one, two]),
        new CaseBrowser(items),
        panel,
        claim,
        scrubber,
      ],
      `width-${width}`,
      { width, height: 1000 },
    );
    const views = page.locator(".sightline");
    await views.nth(6).locator(".js-plotly-plot .scatterlayer .trace").first().waitFor();
    await page.locator(".sl-comparison .js-plotly-plot .heatmaplayer").waitFor();
    for (const details of await page.locator(".sightline details").all()) await details.locator("summary").click();
    const cut =
      await page.evaluate(`[...document.querySelectorAll(".sightline, .sightline :is(button, label, h3, h4, legend, output, summary, p, li, figcaption, .sl-controls, .sl-under, .sl-slider)")]
      .filter((element) => element.offsetParent && (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline" || element.getBoundingClientRect().right > innerWidth + 1))
      .map((element) => element.className + " " + element.tagName + ": " + element.textContent.slice(0, 60))`);
    await page.screenshot({ path: join(root, `reports/widgets/page-${width}.png`), fullPage: true });
    assert.deepEqual(cut, []);
    assert.deepEqual(problems, []);
  });
}

test("the picture in the browser equals that of visualize within 2 grey levels", { skip }, async () => {
  const configs: readonly VisualizationConfig[] = [
    { type: "pixels", polarity: "positive", color_map: "viridis" },
    { type: "pixels", polarity: "both", color_map: "pink_green", overlay_type: "original", overlay_weight: 0.8 },
    { type: "outlines", polarity: "both", clip_below_percentile: 70 },
    { type: "pixels", polarity: "positive", overlay_type: "mask_black", clip_below_percentile: 40 },
    { type: "pixels", polarity: "negative", color_map: "magma", overlay_type: "none" },
  ];
  const explanation = hills("by-hand");
  const { page } = await open(
    configs.map((config) => new SaliencyViewer(explanation, { config })),
    "gallery",
  );
  await page
    .locator(".sl-viewer")
    .nth(configs.length - 1)
    .waitFor();
  for (const [i, config] of configs.entries()) {
    const mine = await savedPicture(page, i);
    assert.deepEqual([mine.width, mine.height], [SIDE, SIDE]);
    const figure = await visualize(explanation, { ...config, output_size: [SIDE, SIDE] });
    assert.ok(contains(await pixels(figure.png()), mine, 2), JSON.stringify(config));
  }
});

test("a viewer draws what a detector found: the explained box whole, the others dashed", { skip }, async () => {
  const plain = hills("by-hand");
  const [first, second] = [0, 1].map((index) => ({ ...plain.predictions[index], label: index ? "other" : "found" }));
  const boxed = new Explanation({
    ...plain,
    maps: [plain.map()],
    predictions: [
      { ...first, box: [96, 96, 192, 192] },
      { ...second, box: [240, 200, 300, 380] },
    ],
    targets: [{ ...first, box: [96, 96, 192, 192] }],
  });
  const config: VisualizationConfig = { type: "pixels", clip_below_percentile: 99 };
  const { page } = await open([new SaliencyViewer(plain, { config }), new SaliencyViewer(boxed, { config })], "boxes");
  await page.locator(".sl-viewer[data-paint]").nth(1).waitFor();
  const [without, drawn] = [await savedPicture(page, 0), await savedPicture(page, 1)];
  /** Pixels of a column that turned white, of 70. */
  const whitened = (x: number, top: number) =>
    Array.from({ length: 70 }, (_, i) => ((top + i) * SIDE + x) * 3).filter(
      (p) => drawn.data[p] > 240 && drawn.data[p + 2] > 240 && without.data[p + 2] <= 240,
    ).length;
  assert.ok(whitened(96, 110) > 60, `the explained one: ${whitened(96, 110)}`);
  assert.ok(whitened(240, 210) > 15 && whitened(240, 210) < 60, `the other one, dashed: ${whitened(240, 210)}`);
  assert.equal(whitened(20, 110), 0);
  await page.locator(".sl-viewer").nth(1).scrollIntoViewIfNeeded();
  await keep(page, "page-boxes");
});

/** The picture that a viewer saves. */
async function savedPicture(page: Page, viewer: number): Promise<RawImage> {
  const saved = page.waitForEvent("download");
  await page
    .locator(".sl-viewer")
    .nth(viewer)
    .getByText("Save PNG")
    .evaluate((button) => (button as unknown as { click(): void }).click());
  return pixels(await readFile(await (await saved).path()));
}

async function pixels(png: Uint8Array): Promise<RawImage> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Whether a picture stands somewhere in another, no value further off than `tolerance`. */
function contains(whole: RawImage, part: RawImage, tolerance: number): boolean {
  const near = (left: number, top: number, x: number, y: number) =>
    [0, 1, 2].every((c) => {
      const there = whole.data[((top + y) * whole.width + left + x) * 3 + c];
      return Math.abs(there - part.data[(y * part.width + x) * 3 + c]) <= tolerance;
    });
  const everywhere = (left: number, top: number) => {
    for (let y = 0; y < part.height; y++) {
      for (let x = 0; x < part.width; x++) if (!near(left, top, x, y)) return false;
    }
    return true;
  };
  for (let top = 0; top <= whole.height - part.height; top++) {
    for (let left = 0; left <= whole.width - part.width; left++) if (everywhere(left, top)) return true;
  }
  return false;
}
