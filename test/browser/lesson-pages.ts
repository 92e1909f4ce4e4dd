import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { exportHtml } from "../../src/export/export-html.js";
import { keep, launch, missingForBrowser, openPage, root } from "./support.js";

interface ShownScreen {
  /** Pixels by which it is wider than its window. */
  readonly wide: number;
  /** Code that is shown and is not for the reader to change. */
  readonly code: readonly string[];
  /** Answers that are shown. */
  readonly answers: readonly string[];
}

/** A {@link ShownScreen}: JavaScript for an exported page. */
const SCREEN = `(() => {
  const { scrollWidth, clientWidth } = document.scrollingElement;
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((el) => el.checkVisibility());
  const isOpen = (el) => /\\b(question|parameters)\\b/.test(el.closest("section").dataset.tags ?? "");
  return {
    wide: scrollWidth - clientWidth,
    code: seen("main > section.code pre.source").filter((el) => !isOpen(el)).map((el) => el.textContent.slice(0, 60)),
    answers: seen("main .sl-answer > :not(summary), main .sightline-held > :not(summary)").map((el) => el.textContent),
  };
})()`;

/** A page that stands in a file, as a projector shows it. */
export async function openFile(browser: Browser, path: string) {
  const { page, problems } = await openPage(browser, { width: 1280, height: 720 });
  await page.goto(pathToFileURL(path).href);
  return { page, problems };
}

/** Class mode and the handout of lessons, as pages. */
export function describeLessonPages(lessons: readonly string[]): void {
  describe("lessons as pages, in class mode and as handouts", { skip: missingForBrowser() }, () => {
    let browser: Browser;
    let folder: string;
    before(async () => {
      browser = await launch();
      folder = await mkdtemp(join(tmpdir(), "sightline-lesson-pages-"));
    });
    after(async () => {
      await browser?.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    const opened = (name: string) => openFile(browser, join(folder, name));

    for (const lesson of lessons) {
      test(`${lesson} fits a projector, a phone and the dark: code folded, answers held back, nothing wider than its screen`, async () => {
        await exportHtml(join(root, `notebooks/${lesson}.ipynb`), join(folder, `${lesson}.html`), { classMode: true });
        const { page, problems } = await opened(`${lesson}.html`);
        for (const [name, size, scheme] of [
          ["1280", { width: 1280, height: 720 }, "light"],
          ["dark", { width: 1280, height: 720 }, "dark"],
          ["390", { width: 390, height: 844 }, "light"],
        ] as const) {
          await page.setViewportSize(size);
          await page.emulateMedia({ colorScheme: scheme });
          await page.keyboard.press("Home");
          const count = Number((await page.locator(".sl-class-place").textContent())?.split("/")[1]);
          assert.ok(count >= 10, `${count} screens`);
          for (let at = 0; at < count; at++) {
            const { wide, code, answers } = await page.evaluate<ShownScreen>(SCREEN);
            assert.ok(wide <= 0, `screen ${at + 1} at ${name}: ${wide} pixels too wide`);
            assert.deepEqual([code, answers], [[], []], `screen ${at + 1} at ${name}`);
            if (at % 4 === 0) await keep(page, `class-mode-${lesson}-${name}-${at}`);
            await page.keyboard.press("ArrowRight");
          }
        }
        assert.deepEqual(problems, []);
        await page.context().close();
      });
    }

    for (const lesson of lessons) {
      test(`the handout of ${lesson} folds its answers and the rules of its exercises, and leaves its notes out`, async () => {
        await exportHtml(join(root, `notebooks/${lesson}.ipynb`), join(folder, `${lesson}-handout.html`));
        const { page, problems } = await opened(`${lesson}-handout.html`);
        const rules = page.locator('main > section[data-tags~="exercise"] pre.source');
        const seenRules = () => rules.filter({ visible: true }).count();
        const answers = async () => (await page.evaluate<ShownScreen>(SCREEN)).answers.length;
        assert.ok((await rules.count()) > 0, "rules of exercises");
        assert.deepEqual([await seenRules(), await answers()], [0, 0]);
        assert.equal(await page.locator('main > section[data-tags~="notes"]').count(), 0);
        await page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true");
        assert.equal(await seenRules(), await rules.count(), "each opens");
        assert.equal((await answers()) > 0, (await page.locator("main .sl-answer, main .sightline-held").count()) > 0);
        assert.deepEqual(problems, []);
        await page.context().close();
      });
    }
  });
}
