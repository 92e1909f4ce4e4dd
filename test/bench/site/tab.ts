import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { CELLS, type FrontEnd } from "../../browser/front-end.js";
import { median } from "../measure.js";
import { processesOf } from "./slowed.js";

/** Steps of a hand that drags. */
const STEPS = 60;

/** Milliseconds from one frame to the next, while a hand drags the lower end of the values and while it rests. */
export interface Frames {
  readonly dragging: readonly number[];
  readonly resting: readonly number[];
}

/** The viewer's slider, moved by a step in every frame. @throws Error where the map is not painted anew */
export async function frames({ page }: FrontEnd): Promise<Frames> {
  await page.locator(".sightline canvas").first().waitFor();
  return page.evaluate(`(async () => {
    const slider = document.querySelector('[aria-label="Show values, lower end"]');
    const view = slider.closest(".sightline");
    const painted = () => [...view.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()).join();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const intervals = async (step) => {
      const times = [await frame()];
      for (let i = 0; i < ${STEPS}; i++) {
        step(i);
        times.push(await frame());
      }
      return times.slice(1).map((time, i) => time - times[i]);
    };
    const resting = await intervals(() => {});
    const before = painted();
    const dragging = await intervals((i) => {
      slider.value = String(Number(slider.min) + ((Number(slider.max) - Number(slider.min)) * i) / ${2 * STEPS});
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await frame();
    if (painted() === before) throw new Error("the slider paints nothing");
    return { dragging, resting };
  })()`) as Promise<Frames>;
}

/** Milliseconds from an interrupt to the idle kernel, for the cell at an index while it runs. */
export async function interruptTime(front: FrontEnd, index: number): Promise<number> {
  await front.start(index);
  await front.page.waitForFunction(`${CELLS}[${index}].state === "running"`);
  // in the middle of its work
  await front.page.waitForTimeout(1000);
  return (await front.page.evaluate(`(async () => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    const idle = new Promise((done) => kernel.statusChanged.connect((_, status) => status === "idle" && done()));
    const started = performance.now();
    await kernel.interrupt();
    await idle;
    return performance.now() - started;
  })()`)) as number;
}

/** Begins to listen to the kernel of the notebook that is in front. */
export async function listen(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    const heard = (globalThis.heard = { last: performance.now(), longest: 0 });
    kernel.iopubMessage.connect(() => {
      const now = performance.now();
      heard.longest = Math.max(heard.longest, now - heard.last);
      heard.last = now;
    });
  })()`);
}

/** The longest time in ms in which a listened-to kernel told the page nothing: no output, no progress, no end of a cell. */
export async function longestSilence(page: Page): Promise<number> {
  return (await page.evaluate("globalThis.heard.longest")) as number;
}

/** Bytes that the browser's largest page takes of the machine's memory, without what it shares with others. Linux alone. */
export async function memoryOf(browser: Browser): Promise<number> {
  const pages = (await processesOf(browser)).filter(({ type }) => type === "renderer");
  return Math.max(...pages.map(({ id }) => 1024 * kilobytes(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"), "Pss")));
}

function kilobytes(rollup: string, name: string): number {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup) ?? [];
  if (value === undefined) throw new Error(`the system does not say ${name}`);
  return Number(value);
}

/** Bytes of scripts and pages as the browser counts them, workers included; isolated pages alone are told. */
export async function measuredMemory(page: Page): Promise<number> {
  return (await page.evaluate("performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)")) as number;
}

/** The middle and the largest of several times. */
export const middleAndMost = (times: readonly number[]): string =>
  `${median(times).toFixed(1)} ms (at most ${Math.max(...times).toFixed(0)})`;
