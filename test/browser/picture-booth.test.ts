import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Model } from "../../src/model/types.js";
import { PictureBooth } from "../../src/widgets/picture-booth.js";
import { classroomModel } from "../support/classroom-models.js";
import { seriousFindings } from "./axe.js";
import { fitsAcross, readsFromAfar, SIZES } from "./sizes.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, WidgetPages } from "./widget-pages.js";

describe("PictureBooth in a page without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  let model: Model;
  before(async () => {
    model = await classroomModel("honest", HOSTILE);
    pages = await WidgetPages.start();
  });
  after(async () => {
    await pages?.[Symbol.asyncDispose]();
    await model?.close();
  });

  for (const [size, viewport, colorScheme] of SIZES) {
    test(`what was found fits ${size}: numbers to be read from afar, nothing serious for axe`, async () => {
      const booth = new PictureBooth(model);
      await booth.show(pages.photo);
      const { page, problems } = await pages.open([booth], `booth-${size}`, viewport);
      await page.emulateMedia({ colorScheme });
      const view = page.locator(".sl-booth[data-picture]");
      await view.waitFor();
      await page.waitForTimeout(300);
      await keep(page, `booth-${size}`);
      await readsFromAfar(view, [".sl-booth-answer", ".sl-scores", ".sl-title"]);
      assert.equal(await view.locator(".sl-scores li").count(), 5);
      assert.deepEqual(await seriousFindings(page, "body"), []);
      await fitsAcross(page);
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  test("without a picture there is what to do, and nothing that asks for a kernel", async () => {
    const { page, problems } = await pages.open([new PictureBooth(model)], "booth-empty");
    await page.getByText("run the cell to bring a picture").waitFor();
    for (const name of ["Choose a file", "Camera"]) {
      assert.equal(await page.getByRole("button", { name }).isDisabled(), true, name);
    }
    await keep(page, "booth-empty");
    assert.deepEqual(await seriousFindings(page, "body"), []);
    assert.deepEqual(problems, []);
    await page.context().close();
  });
});
