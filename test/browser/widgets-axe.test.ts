import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { boxRegion } from "../../src/evaluate/region.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { MethodComparison } from "../../src/widgets/method-comparison.js";
import { PositiveNegativePanes } from "../../src/widgets/positive-negative-panes.js";
import { ProgressPanel } from "../../src/widgets/progress-panel.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { shareRegion } from "../../src/widgets/share-region.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { blobModel } from "../support/analytic-model.js";
import { seriousFindings } from "./axe.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, SIDE, WidgetPages } from "./widget-pages.js";

const skip = missingForBrowser();

let pages: WidgetPages;
before(async () => {
  if (!skip) pages = await WidgetPages.start();
});
after(async () => {
  if (!skip) await pages[Symbol.asyncDispose]();
});

/** One of each widget, each with something to show. */
async function widgets() {
  const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
  const [one, two] = [pages.hills("recipro-cam"), pages.hills("integrated-gradients", 3)];
  const claim = new TestTheClaim(model, pages.photo, one, { controls: 6 });
  await claim.test(boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: SIDE, height: SIDE }));
  const scrubber = new CurveScrubber(model, pages.photo, [one, two], { baselines: ["black"], nulls: 1 });
  await scrubber.measured();
  const round = new GuessFirst(model, pages.photo);
  const guesses = new GuessFirst(model, pages.photo, { method: "occlusion", controls: 4 });
  for (const [i, name] of ["Ada", HOSTILE].entries()) {
    guesses.add(name, shareRegion(0.15, { x: 0.3 * (i + 1), y: 0.4 }, { width: SIDE, height: SIDE }));
  }
  await guesses.reveal();
  const panel = new ProgressPanel("rise");
  panel.progress({ done: 300, total: 4000 });
  panel.end(new Error("the model gave no finite number: look at its preprocessing"));
  const cases = new CaseBrowser([CaseBrowser.item(one, "rest"), CaseBrowser.item(two)]);
  await cases.prepare();
  cases.set("opened", 0);
  return [
    new SaliencyViewer([one, two]),
    new PositiveNegativePanes(one),
    new MethodComparison([one, two]),
    cases,
    panel,
    claim,
    scrubber,
    round,
    guesses,
  ];
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious in any widget, ${colorScheme}`, { skip }, async () => {
    const { page, problems } = await pages.open(await widgets(), `axe-${colorScheme}`);
    await page.emulateMedia({ colorScheme });
    await page.locator(".sl-detail .sl-viewer").waitFor();
    await page.locator(".sl-scrubber .scatterlayer .trace").first().waitFor();
    await page.locator(".sl-comparison .heatmaplayer").waitFor();
    await page.waitForFunction(
      `[...document.querySelectorAll(".sl-plot .xtick text, .sl-plot .xtitle")].every((text) => {
        const [red] = getComputedStyle(text).fill.match(/\\d+/g);
        return ${colorScheme === "dark" ? "red > 180" : "red < 100"};
      })`,
    );
    for (const details of await page.locator(".sightline details").all()) await details.locator("summary").click();
    await page.screenshot({ path: `reports/widgets/axe-${colorScheme}.png`, fullPage: true });
    assert.deepEqual(await seriousFindings(page, "body"), []);
    await page.getByRole("button", { name: "Larger view" }).click();
    await page.locator(".sl-larger .sl-zones button").first().waitFor();
    await keep(page, `axe-larger-${colorScheme}`);
    assert.deepEqual(await seriousFindings(page, ".sl-larger"), []);
    assert.deepEqual(problems, []);
  });
}
