import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { shareRegion } from "../../src/widgets/share-region.js";
import { blobModel } from "../support/analytic-model.js";
import { seriousFindings } from "./axe.js";
import { fitsAcross, readsFromAfar, SIZES } from "./sizes.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, SIDE, WidgetPages } from "./widget-pages.js";

describe("GuessFirst in a page without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  before(async () => {
    pages = await WidgetPages.start();
  });
  after(() => pages[Symbol.asyncDispose]());

  const round = async (names: readonly string[]) => {
    const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
    const guess = new GuessFirst(model, pages.photo, { method: "occlusion", target: "blob", controls: 6 });
    for (const [i, name] of names.entries()) {
      const place = { x: 0.15 + 0.1 * (i % 8), y: 0.2 + 0.18 * Math.floor(i / 8), aspect: 0.6 + (i % 4) / 3 };
      guess.add(name, shareRegion(0.15, place, { width: SIDE, height: SIDE }));
    }
    return guess;
  };
  const many = Array.from({ length: 30 }, (_, i) => (i === 3 ? HOSTILE : i % 5 ? `Pupil ${i}` : ""));
  const states = new Map<string, { names: readonly string[]; guess: GuessFirst }>();
  before(async () => {
    for (const [state, names] of [
      ["guessing", many.slice(0, 7)],
      ["one", ["Ada"]],
      ["many", many],
    ] as const) {
      const guess = await round(names);
      if (state !== "guessing") await guess.reveal();
      states.set(state, { names, guess });
    }
  });

  for (const [size, viewport, colorScheme] of SIZES) {
    test(`before and after Reveal it fits ${size}: numbers to be read from afar, nothing serious for axe`, async () => {
      for (const [state, { names, guess }] of states) {
        const { page, problems } = await pages.open([guess], `guess-${state}-${size}`, viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.locator(".sl-guess .sl-frame").waitFor();
        await page.waitForTimeout(300);
        await keep(page, `guess-${state}-${size}`);
        assert.deepEqual(await seriousFindings(page, "body"), []);
        await fitsAcross(page);
        await readsFromAfar(page.locator(".sl-guess"), ["h3"]);
        if (state !== "guessing") {
          await readsFromAfar(page.locator(".sl-guess"), [".sl-change .sl-number"]);
          assert.equal(await page.locator(".sl-guess-row").count(), names.length + 1);
        }
        assert.equal(await page.evaluate("globalThis.hacked"), undefined);
        assert.deepEqual(problems, []);
        await page.context().close();
      }
    });
  }

  test("before Reveal neither the map nor a guess is anywhere in the page; the picture can be marked, not handed in", async () => {
    const guess = await round(["Ada", "Bob"]);
    const { page } = await pages.open([guess], "guess-hidden");
    await page.locator(".sl-guess .sl-frame").waitFor();
    const state = await page.evaluate(
      `[...document.querySelectorAll("script[type*='widget-state']")].map((script) => script.textContent).join("")`,
    );
    assert.match(String(state), /"names":\["Ada","Bob"\]/);
    assert.match(String(state), /"answer":\[\]/);
    assert.doesNotMatch(String(state), /"runs"|"maps"/);
    await page.getByText("without its kernel").waitFor();
    assert.equal(await page.getByRole("button", { name: "Reveal" }).isDisabled(), true);
  });

  test("with reduced motion the answer stands still; without, each picture is shown in turn and can be stopped", async () => {
    const { guess } = states.get("one")!;
    for (const [reducedMotion, first] of [
      ["reduce", "Show in turn"],
      ["no-preference", "Stop"],
    ] as const) {
      const { page } = await pages.open([guess], `guess-motion-${reducedMotion}`, undefined, (html) => html);
      await page.emulateMedia({ reducedMotion });
      await page.reload();
      await page.getByRole("button", { name: first }).waitFor();
      if (reducedMotion === "no-preference") {
        await page.locator(".sl-guess-row[aria-pressed=true]", { hasText: "Ada" }).waitFor();
        await page.getByRole("button", { name: "Stop" }).click();
      }
      await page.getByRole("button", { name: "the map's region" }).press("Enter");
      await page.locator(".sl-frame[aria-label*='without the map']").waitFor();
      await page.getByText(/^Without the map's region: \./).waitFor();
      await page.context().close();
    }
  });
});
