import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { seriousFindings } from "./axe.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, WidgetPages } from "./widget-pages.js";

const PLACE = { x: 0.15, y: 0.85, size: 13 / 64 };

describe("StickerLab and held widgets in a page without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  let models: { shortcut: Model; honest: Model };
  before(async () => {
    const load = ({ url, options }: (typeof classroom.models)["honest"]) => loadModel(url, { ...options, threads: 1 });
    const [shortcut, honest] = await Promise.all([load(classroom.models.shortcut), load(classroom.models.honest)]);
    models = { shortcut, honest };
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
    await widget.paste(PLACE);
    await widget.count();
    return widget;
  };

  for (const [size, viewport, colorScheme] of [
    ["back-row", { width: 1280, height: 720 }, "light"],
    ["phone", { width: 390, height: 844 }, "light"],
    ["dark", { width: 1280, height: 720 }, "dark"],
  ] as const) {
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
      const sizes = await page
        .locator(".sl-change")
        .evaluateAll((all) =>
          all.map((one) =>
            Number.parseFloat(
              (globalThis as unknown as { getComputedStyle(of: unknown): { fontSize: string } }).getComputedStyle(one)
                .fontSize,
            ),
          ),
        );
      assert.ok(sizes.length === 4 && sizes.every((pixels) => pixels >= 24), String(sizes));
      assert.deepEqual(await seriousFindings(page, "body"), []);
      const wide = (await page.evaluate("document.documentElement.scrollWidth")) as number;
      assert.ok(wide <= viewport.width, `${wide} pixels wide`);
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
