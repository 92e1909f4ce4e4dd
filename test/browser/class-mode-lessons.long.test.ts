import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ANSWERS } from "../notebooks/answers.js";
import { FrontEnd, ours } from "./front-end.js";
import { type Jupyter, launch, missingForBrowser, root, startJupyter } from "./support.js";

/** What a screen of class mode shows in JupyterLab: JavaScript for its page. */
const SCREEN = `(() => {
  const seen = (el) => el !== null && el.checkVisibility();
  const cells = jupyterapp.shell.currentWidget.content.widgets.filter(({ node }) => seen(node));
  const tagged = ({ model }, ...tags) => tags.some((tag) => (model.getMetadata("tags") ?? []).includes(tag));
  const code = cells.filter(({ model }) => model.type === "code");
  const { scrollWidth, clientWidth } = document.scrollingElement;
  return {
    cells: cells.length,
    wide: scrollWidth - clientWidth,
    code: code.filter((cell) => seen(cell.node.querySelector(".jp-Cell-inputWrapper")) && !tagged(cell, "question", "parameters")).length,
    answers: cells.filter((cell) => tagged(cell, "answer", "notes", "exercise")).length,
  };
})()`;

/** The widget manager says so of a widget that it was asked for too early; Sightline's extension sees to it that it is shown. */
const EARLY = /^Error: widget model not found\n.*jupyterlab-manager/;
const NONE_MISSED = `![...document.querySelectorAll(".jp-OutputArea-output")].some((el) => /model not found$/.test(el.textContent))`;

/** Its page is four times slower, so that class mode begins before JupyterLab has reached most cells. */
const SLOW = "2-deep-dive";

async function slowDown(page: Page): Promise<void> {
  const tools = await page.context().newCDPSession(page);
  await tools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
}

describe("class mode of every lesson, in JupyterLab", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let browser: Browser;
  let jupyter: Jupyter;
  before(async () => {
    [browser, jupyter] = await Promise.all([launch(), startJupyter("lab")]);
    await cp(join(root, "notebooks/images"), join(jupyter.folder, "images"), { recursive: true });
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  for (const lesson of Object.keys(ANSWERS)) {
    test(`${lesson}: each screen shows something, code folded, answers and notes held back, nothing too wide`, async () => {
      const url = await jupyter.executed(`${lesson}.ipynb`);
      const size = { width: 1280, height: 720 };
      await using front = await FrontEnd.open(browser, url, size);
      const { page } = front;
      if (lesson === SLOW) await slowDown(page);
      await page.evaluate("void jupyterapp.commands.execute('sightline:class-mode')");
      await page.locator(".sl-class-bar").waitFor();
      await page.keyboard.press("Home");
      const place = page.locator(".sl-class-place");
      const count = Number((await place.textContent())?.split("/")[1]);
      assert.ok(count >= 10, `${count} screens`);
      for (let at = 1; at <= count; at++) {
        await place.filter({ hasText: new RegExp(`^${at} / ${count}$`) }).waitFor();
        const { cells, wide, code, answers } = (await page.evaluate(SCREEN)) as Record<string, number>;
        assert.ok(cells > 0, `screen ${at} is empty`);
        assert.deepEqual([code, answers, Math.max(0, wide)], [0, 0, 0], `screen ${at}`);
        if (at % 4 === 1) await front.keep(`class-mode-lab-${lesson}-${at}`);
        await page.keyboard.press("ArrowRight");
      }
      await page.keyboard.press("Escape");
      await page.locator(".sl-class-bar").waitFor({ state: "detached" });
      await page.waitForFunction(NONE_MISSED, undefined, { polling: 500 });
      assert.deepEqual(
        ours(front.problems).filter((problem) => !EARLY.test(problem)),
        [],
      );
    });
  }
});
