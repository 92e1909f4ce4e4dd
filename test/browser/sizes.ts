import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";

/** What a class looks at: a projector from the back row, a phone, a projector in the dark. */
export const SIZES = [
  ["back-row", { width: 1280, height: 720 }, "light"],
  ["phone", { width: 390, height: 844 }, "light"],
  ["dark", { width: 1280, height: 720 }, "dark"],
] as const;

/** Least height of type that the back row reads, in pixels. */
const LEAST = 24;

/** Asserts that some part is there for each selector and that all of them can be read from the back row. */
export async function readsFromAfar(view: Locator, selectors: readonly string[]): Promise<void> {
  // in one go: parts may be drawn anew meanwhile
  const found = await view.evaluate(
    (root, all) =>
      all.map((selector) =>
        [...root.querySelectorAll(selector)].map((part) => Number.parseFloat(getComputedStyle(part).fontSize)),
      ),
    selectors,
  );
  for (const [i, pixels] of found.entries()) {
    assert.ok(pixels.length > 0 && Math.min(...pixels) >= LEAST, `${selectors[i]}: ${pixels.join(", ") || "no"} px`);
  }
}

/** Asserts that nothing stands beside the window. */
export async function fitsAcross(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} pixels too wide`);
}
