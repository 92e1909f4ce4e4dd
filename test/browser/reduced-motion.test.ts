import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import type { Model } from "../../src/model/types.js";
import { MaskTheatre } from "../../src/widgets/mask-theatre.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import type { WidgetLike } from "../../src/widgets/widget-types.js";
import { blobModel } from "../support/analytic-model.js";
import { classroomModel } from "../support/classroom-models.js";
import { missingForBrowser } from "./support.js";
import { SIDE, WidgetPages } from "./widget-pages.js";

const MOTIONS = ["reduce", "no-preference"] as const;

/** How opaque each picture was when it was drawn on the page, and each step that the theatre has shown. */
declare const drawn: number[];
declare const steps: number[];

describe("motion, where the reader wants none and where they do not mind", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  let model: Model;
  before(async () => {
    pages = await WidgetPages.start();
    model = await classroomModel("honest");
  });
  after(async () => {
    await pages?.[Symbol.asyncDispose]();
    await model?.close();
  });

  const [{ image }] = classroom.pictures({ count: 1, seed: 11, labels: ["cup"] });
  const open = async (widget: WidgetLike, name: string, reducedMotion: (typeof MOTIONS)[number]) => {
    const opened = await pages.open([widget], `${name}-${reducedMotion}`);
    await opened.page.emulateMedia({ reducedMotion });
    return opened;
  };
  /** Notes what is drawn from now on, by a clock so slow that a busy machine draws within a crossfade, too. */
  const watchDrawing = (page: Page) =>
    page.evaluate(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() / 10;
      const draw = CanvasRenderingContext2D.prototype.drawImage as (...values: unknown[]) => void;
      Object.assign(globalThis, { drawn: [] });
      CanvasRenderingContext2D.prototype.drawImage = function (...values: unknown[]) {
        if (this.canvas.isConnected) drawn.push(this.globalAlpha);
        draw.apply(this, values);
      };
    });
  /** Whether the picture crossed over from the one before, once it rests. */
  const crossedOver = async (page: Page) => {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.waitForFunction(() => drawn.at(-1) === 1);
    return page.evaluate(() => drawn.some((alpha) => alpha < 1));
  };

  for (const reducedMotion of MOTIONS) {
    const moves = reducedMotion === "no-preference";

    test(`SaliencyViewer: another class ${moves ? "fades in" : "is there at once"}`, async () => {
      const explanation = await explain(model, image, { method: "recipro-cam", targets: ["cup", "boat"] });
      const { page, problems } = await open(new SaliencyViewer(explanation), "viewer", reducedMotion);
      await page.locator(".sl-viewer[data-painted]").waitFor();
      await watchDrawing(page);
      await page.getByRole("combobox", { name: "Class", exact: true }).selectOption({ index: 1 });
      await page.locator(".sl-viewer[data-painted='2']").waitFor();
      assert.equal(await crossedOver(page), moves);
      assert.deepEqual(problems, []);
      await page.context().close();
    });

    test(`TestTheClaim: picture and verdict ${moves ? "fade" : "are there at once"}`, async () => {
      const blob = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const claim = new TestTheClaim(blob, pages.photo, pages.hills("by-hand"));
      const { page, problems } = await open(claim, "claim", reducedMotion);
      const verdict = page.locator(".sl-claim .sl-verdict");
      await verdict.waitFor();
      assert.equal(await durationOf(verdict), moves ? 0.12 : 0);
      await watchDrawing(page);
      await page.getByRole("combobox", { name: "Draw on" }).selectOption("picture");
      assert.equal(await crossedOver(page), moves);
      assert.deepEqual(problems, []);
      await page.context().close();
    });

    test(`MaskTheatre: ${moves ? "it plays, and its map fades in" : "a picture a second, and its map is there at once"}`, async () => {
      const theatre = new MaskTheatre(model, image, { method: "recipro-cam" });
      assert.ok(await theatre.run());
      const { page, problems } = await open(theatre, "theatre", reducedMotion);
      const view = page.locator(".sl-theatre[data-state=done]");
      await view.waitFor();
      await view.locator("label", { hasText: "× 10" }).first().click();
      await view.evaluate((element) => {
        Object.assign(globalThis, { steps: [] });
        new MutationObserver(() => steps.push(Number((element as HTMLElement).dataset.step))).observe(element, {
          attributeFilter: ["data-step"],
        });
      });
      await watchDrawing(page);
      await view.getByRole("button", { name: "Play again" }).click();
      await view.getByRole("button", { name: "Play again" }).waitFor();
      const shown = await page.evaluate(() => steps);
      const jumps = shown.slice(1, -1).map((at, i) => at - shown[i]);
      // at × 10 there are 20 steps in a second
      if (moves) assert.ok(Math.min(...jumps) < 20, String(shown));
      else assert.ok(jumps.length > 0 && Math.min(...jumps) >= 20, String(shown));
      assert.equal(await crossedOver(page), moves);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }
});

/** Seconds that changes of an element's look take. */
const durationOf = (part: Locator) =>
  part.evaluate((element) => Number.parseFloat(getComputedStyle(element).transitionDuration));
