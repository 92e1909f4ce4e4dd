import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import type { Model } from "../../src/model/types.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { classroomPair, MARK_PLACE } from "../support/classroom-models.js";
import { seriousFindings } from "./axe.js";
import { fitsAcross, readsFromAfar, SIZES } from "./sizes.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, WidgetPages } from "./widget-pages.js";

describe("StickerLab and held widgets in a page without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  let models: { shortcut: Model; honest: Model };
  before(async () => {
    models = await classroomPair();
    pages = await WidgetPages.start();
  });
  after(async () => {
    await pages[Symbol.asyncDispose]();
    await Promise.all([models.shortcut.close(), models.honest.close()]);
  });

  const lab = async () => {
    const pictures = classroom.pictures({ count: 12, seed: 11, labels: ["cup", "star", "fish"] });
    const widget = new StickerLab({
      models,
      images: pictures.map(({ image }) => image),
      stickers: { "©": classroom.sticker, [HOSTILE]: classroom.sticker },
    });
    await widget.paste(MARK_PLACE);
    await widget.count();
    return widget;
  };

  for (const [size, viewport, colorScheme] of SIZES) {
    test(`the lab fits ${size}: both cries to be read from afar, nothing serious for axe`, async () => {
      const { page, problems } = await pages.open([await lab()], `sticker-${size}`, viewport);
      await page.emulateMedia({ colorScheme });
      const cries = page.locator(".sl-sticker-model .sl-change");
      await cries.nth(1).waitFor();
      await page.waitForTimeout(300);
      await keep(page, `sticker-${size}`);
      const texts = await cries.locator("strong").allTextContents();
      assert.deepEqual(texts, ["boat!", "cup"]);
      await page.getByText(/of 12 turned to boat: shortcut/).waitFor();
      assert.equal(await page.locator(".sl-change").count(), 4);
      await readsFromAfar(page.locator("body"), [".sl-change"]);
      assert.deepEqual(await seriousFindings(page, "body"), []);
      await fitsAcross(page);
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  test("a held widget is folded: Reveal by keyboard shows it without a kernel", async () => {
    const viewer = new SaliencyViewer(pages.hills("recipro-cam"), { hold: true });
    const { page, problems } = await pages.open([viewer], "held", { width: 1280, height: 720 });
    const reveal = page.getByRole("button", { name: "Reveal" });
    await reveal.waitFor();
    await keep(page, "held-before");
    assert.equal(await page.locator(".sl-viewer").count(), 0);
    assert.deepEqual(await seriousFindings(page, "body"), []);
    await reveal.focus();
    await page.keyboard.press("Enter");
    await page.locator(".sl-viewer[data-paint]").waitFor();
    await keep(page, "held-after");
    assert.deepEqual(problems, []);
  });
});
