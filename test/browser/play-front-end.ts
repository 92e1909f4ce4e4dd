import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { FrontEnd, ours } from "./front-end.js";
import { type App, type Jupyter, launch, missingForBrowser, startJupyter } from "./support.js";
import { HOSTILE } from "./widget-pages.js";

const cells = [
  `import { loadModel } from "sightline";
import { classroom } from "sightline/classroom";
import { GuessFirst, StickerLab } from "sightline/widgets";
const load = ({ url, options }: typeof classroom.models.honest) => loadModel(url, options);
const [shortcut, honest] = [await load(classroom.models.shortcut), await load(classroom.models.honest)];
const images = classroom.pictures({ count: 12, seed: 11, labels: ["cup", "star", "fish"] }).map(({ image }) => image);`,
  `const guess = new GuessFirst(honest, images[0], { share: .15, target: "cup" });
guess`,
  "console.log(JSON.stringify([guess.names, guess.results.map(({ name, after, rank }) => [name, after, rank]), guess.describe()]))",
  `const lab = new StickerLab({ models: { shortcut, honest }, images, stickers: { "©": classroom.sticker } });
lab`,
  "console.log(JSON.stringify([lab.get('place'), lab.get('picture'), lab.describe(), lab.stickers.length]))",
] as const;

/** Widgets for a class in a real front end, played as a class plays them. */
export function playIn(app: App): void {
  describe(`class widgets in ${app}`, { skip: missingForBrowser({ jupyter: true }) }, () => {
    let jupyter: Jupyter;
    let browser: Browser;
    let front: FrontEnd;
    let page: Page;
    before(async () => {
      browser = await launch();
      jupyter = await startJupyter(app);
      const url = await jupyter.notebook("guess.ipynb", cells);
      front = await FrontEnd.open(browser, url, { width: 1280, height: 720 });
      page = front.page;
      await run(0);
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    /** Runs a cell. @returns what it printed */
    const run = async (index: number) => {
      const { outputs } = await front.run(index);
      assert.deepEqual(
        outputs.filter(({ kind }) => kind === "error"),
        [],
      );
      return JSON.parse(/^[[{]/.test(outputs.at(-1)?.text ?? "") ? (outputs.at(-1)?.text ?? "") : "null");
    };

    test("three people guess by mouse, by keyboard and by brush; Reveal ranks them; nothing is in the page before", async () => {
      await run(1);
      const view = front.cell(1).locator(".sl-guess");
      const frame = view.locator(".sl-frame");
      await frame.waitFor();
      await frame.scrollIntoViewIfNeeded();
      const box = await frame.boundingBox();
      assert.ok(box);
      const place = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
      const drag = async (...path: readonly (readonly [number, number])[]) => {
        await page.mouse.move(...place(path[0]));
        await page.mouse.down();
        for (const step of path.slice(1)) await page.mouse.move(...place(step), { steps: 6 });
        await page.mouse.up();
      };
      const guess = view.getByRole("button", { name: "Guess", exact: true });
      assert.equal(await guess.isDisabled(), true);
      await drag([0.2, 0.2], [0.5, 0.4]);
      await view.getByLabel("Name, if you like").fill(HOSTILE);
      await guess.click();
      await view.getByText("1 guess, hidden until Reveal").waitFor();
      await frame.focus();
      for (const key of [" ", "ArrowRight", "Shift+ArrowRight", "Enter"]) await page.keyboard.press(key);
      await view.getByText("2 guesses, hidden until Reveal").waitFor();
      await view.getByRole("radio", { name: "brush" }).check({ force: true });
      await drag([0.1, 0.1], [0.12, 0.12]);
      await view.getByText(/of your area is there/).waitFor();
      await drag([0.1, 0.2], [0.9, 0.2], [0.9, 0.5], [0.1, 0.5], [0.1, 0.8], [0.9, 0.8]);
      await guess.click();
      await view.getByText("3 guesses, hidden until Reveal").waitFor();
      await front.keep(`guess-${app}-before`, view);
      await view.getByRole("button", { name: "Reveal" }).click();
      const answer = front.cell(1).locator(".sl-guess[data-state=revealed]");
      await answer.waitFor();
      assert.equal(await answer.locator(".sl-guess-row").count(), 4);
      await answer.getByText("random ones").waitFor();
      await front.keep(`guess-${app}-revealed`, answer);
      const [names, results, sentence] = await run(2);
      assert.deepEqual(names, [HOSTILE.slice(0, 40), "2", "3"]);
      assert.deepEqual(
        results.map(([, after]: [string, number]) => after),
        results.map(([, after]: [string, number]) => after).toSorted((a: number, b: number) => a - b),
      );
      assert.match(sentence, /^hiding 15 % of the picture \(blur\) takes cup from/);
      await answer.getByRole("button", { name: "New round" }).click();
      await view.getByText("No guess yet").waitFor();
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(ours(front.problems), []);
    });

    test("the sticker follows hand and keys, turns one model and not the other, and is counted", async () => {
      await run(3);
      const view = front.cell(3).locator(".sl-sticker-lab");
      const frame = view.locator(".sl-sticker-hand .sl-frame");
      await frame.waitFor();
      await view.locator(".sl-sticker-model .sl-change strong").nth(1).waitFor();
      await frame.scrollIntoViewIfNeeded();
      const box = await frame.boundingBox();
      assert.ok(box);
      const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
      await page.mouse.move(...at(0.5, 0.5));
      await page.mouse.down();
      await page.mouse.move(...at(0.15, 0.85), { steps: 20 });
      await page.mouse.up();
      await view.locator(".sl-change[data-turned]", { hasText: "boat!" }).waitFor();
      const cries = () => view.locator(".sl-sticker-model .sl-change strong").allTextContents();
      assert.deepEqual(await cries(), ["boat!", "cup"]);
      await front.keep(`sticker-${app}`, view);
      const [dragged] = await run(4);
      assert.ok(Math.abs(dragged.x - 0.15) < 0.02 && Math.abs(dragged.y - 0.85) < 0.02, JSON.stringify(dragged));
      await frame.focus();
      for (const key of ["ArrowRight", "+", "+", "-", "-"]) await page.keyboard.press(key);
      await view.getByRole("button", { name: "Count over 12 pictures" }).click();
      await view.getByText(/of 12 turned to boat: shortcut/).waitFor();
      const [moved, , sentence] = await run(4);
      assert.ok(moved.x > dragged.x && Math.abs(moved.size / dragged.size - 1) < 1e-9, JSON.stringify(moved));
      await frame.focus();
      await page.keyboard.press("+");
      await page.keyboard.press("+");
      const [larger] = await run(4);
      assert.ok(larger.size > 1.3 * dragged.size, JSON.stringify(larger));
      assert.match(sentence, /^turned to boat by the sticker: shortcut: \d+ of 12/);
      await front.keep(`sticker-${app}-counted`, view);
      await view.getByRole("radio", { name: "cut one out" }).check({ force: true });
      await page.mouse.move(...at(0.4, 0.4));
      await page.mouse.down();
      await page.mouse.move(...at(0.7, 0.7), { steps: 5 });
      await page.mouse.up();
      await view.locator(".sl-sticker-pick[aria-label='cut-out 2'][aria-pressed=true]").waitFor();
      await page.keyboard.press("Escape");
      await view.locator(".sl-change[data-turned]").waitFor({ state: "detached" });
      assert.deepEqual(ours(front.problems), []);
    });
  });
}
