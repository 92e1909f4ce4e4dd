import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buildSite } from "../../../src/export/site/build-site.js";
import { ISOLATED, serveFolder } from "../../browser/site-support.js";
import { launch, root } from "../../browser/support.js";
import { listen, longestSilence, measuredMemory, memoryOf } from "./tab.js";
import { openNotebook } from "./visits.js";

/** Milliseconds that a lesson may take on a slow machine. */
const PATIENCE = 1_200_000;

/** Lessons that there were when the goal for the tab's memory was set. */
const SIX = 6;

/** Milliseconds until models that nobody asks have given their memory back, and a little more; and until TypeScript has. */
const REST = 45_000;
const LONG_REST = 135_000;

/**
 * Every lesson opened and run in turn in one tab, none of them closed: how long a reader waits without a sign, and what memory
 * the tab takes after six lessons, at most after a lesson, in the end, once models rest, and once all lessons but the last are closed.
 */
export async function allLessons(out: string): Promise<{ what: string; measured: string }[]> {
  const notebooks = join(root, "notebooks");
  const lessons = (await readdir(notebooks)).filter((name) => name.endsWith(".ipynb")).sort();
  await buildSite(out, { notebooks, model: "efficientnet-lite0", title: "Bench" });
  await using server = await serveFolder(out, ISOLATED);
  const browser = await launch();
  try {
    const [first, ...others] = lessons;
    await using front = await openNotebook(browser, server, first.replace(/\.ipynb$/, ""));
    const { page } = front;
    const silences: { what: string; measured: string }[] = [];
    let [most, ofSix] = [0, 0];
    const run = async (lesson: string) => {
      await listen(page);
      await front.runAll(PATIENCE);
      const seconds = (await longestSilence(page)) / 1000;
      silences.push({ what: `longest wait without a sign, lesson ${lesson[0]}`, measured: `${seconds.toFixed(1)} s` });
      most = Math.max(most, await memoryOf(browser));
      if (silences.length === SIX) {
        await page.waitForTimeout(REST);
        ofSix = await memoryOf(browser);
      }
    };
    await run(first);
    for (const lesson of others) {
      // what the command gives back, a widget, is not for here
      await page.evaluate(
        `jupyterapp.commands.execute("docmanager:open", { path: ${JSON.stringify(lesson)} }).then(() => undefined)`,
      );
      await page.waitForFunction(
        `jupyterapp.shell.currentWidget?.context?.path === ${JSON.stringify(lesson)} &&
          jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === "idle"`,
        undefined,
        { polling: 100, timeout: 120_000 },
      );
      await run(lesson);
    }
    const atOnce = await memoryOf(browser);
    await page.waitForTimeout(REST);
    const early = await memoryOf(browser);
    await page.waitForTimeout(LONG_REST - REST);
    const resting = { whole: await memoryOf(browser), counted: await measuredMemory(page) };
    for (const lesson of lessons.slice(0, -1)) await front.close(lesson);
    await page.waitForTimeout(REST);
    const closed = await memoryOf(browser);
    return [
      ...silences,
      { what: `memory of the tab after lessons 1 to ${SIX}, ${REST / 1000} s later`, measured: gigabytes(ofSix) },
      { what: "memory of the tab at most after a lesson, none closed", measured: gigabytes(most) },
      { what: "after all lessons, none closed, at once", measured: gigabytes(atOnce) },
      { what: `the same ${REST / 1000} s later`, measured: gigabytes(early) },
      { what: `the same ${LONG_REST / 1000} s later`, measured: gigabytes(resting.whole) },
      { what: "of it, as the browser counts scripts and pages", measured: gigabytes(resting.counted) },
      { what: "once all lessons but the last are closed", measured: gigabytes(closed) },
    ];
  } finally {
    await browser.close();
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
