import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, CDPSession, Locator } from "playwright-core";
import { FrontEnd, ours } from "./front-end.js";
import { type Jupyter, launch, missingForBrowser, root, startJupyter } from "./support.js";

const cells = [
  `import { explain, loadModel } from "sightline";
import * as w from "sightline/widgets";
const model = await loadModel("honest.onnx");
const e = await explain(model, "coffee.png", { method: "occlusion", targets: "top:2", preset: "speed" });
const answer = (value: unknown) => console.log(JSON.stringify(value));`,
  `const seen: number[] = [];
const slider = new w.IntSlider({ min: 0, max: 1000 });
const bar = new w.IntProgress({ min: 0, max: 1000 });
slider.observe("value", (value) => {
  seen.push(value);
  bar.set("value", value);
});
new w.VBox({ children: [slider, bar] })`,
  "answer(seen)",
  "new w.VBox({ children: Array.from({ length: 20 }, () => new w.SaliencyViewer(e)) })",
  "answer(w.openWidgets().size)",
  `const items = Array.from({ length: 500 }, (_, i) => {
  const image = { data: new Uint8Array(48 * 48 * 3).fill(i % 256), width: 48, height: 48 };
  const p = 1 - (i % 97) / 100;
  const predictions = [
    { index: 0, label: "boat", probability: p },
    { index: 1, label: "car", probability: 1 - p },
  ];
  return { name: "picture " + i, image, predictions, truth: i % 3 ? "boat" : "car", explanation: e };
});
const cases = new w.CaseBrowser(items);
cases`,
  `answer([cases.get("high"), cases.get("opened")])`,
] as const;
const [EXPLAIN, SLIDER, SEEN, VIEWERS, COMMS, CASES, THRESHOLDS] = cells.keys();

/** Lets a page say how many listeners it has on its window and document. */
const countPageListeners = `{
  const listening = new Map();
  for (const target of [window, document]) {
    const { addEventListener: add, removeEventListener: remove } = target;
    const key = (type, options) => type + (options === true || options?.capture === true);
    const set = (name) => listening.get(name) ?? listening.set(name, new Set()).get(name);
    target.addEventListener = function (type, listener, options) {
      if (!options?.once) set(key(type, options)).add(listener);
      return add.call(this, type, listener, options);
    };
    target.removeEventListener = function (type, listener, options) {
      set(key(type, options)).delete(listener);
      return remove.call(this, type, listener, options);
    };
  }
  window.pageListeners = () => [...listening.values()].reduce((sum, { size }) => sum + size, 0);
}`;

describe("widgets under load in JupyterLab", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let jupyter: Jupyter;
  let browser: Browser;
  let front: FrontEnd;
  let devtools: CDPSession;
  const updates: string[] = [];
  before(async () => {
    [jupyter, browser] = await Promise.all([startJupyter("lab"), launch()]);
    await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    const url = await jupyter.notebook("load.ipynb", cells);
    front = await FrontEnd.open(browser, url, { width: 1400, height: 1000 }, async (page) => {
      page.on("websocket", (socket) =>
        socket.on("framesent", ({ payload }) => {
          const value = /"method":"update","state":\{"value":(\d+)\}/.exec(payload.toString("latin1"))?.[1];
          if (value !== undefined) updates.push(value);
        }),
      );
      await page.addInitScript(countPageListeners);
    });
    devtools = await front.page.context().newCDPSession(front.page);
    await run(EXPLAIN);
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  const run = async (index: number): Promise<unknown> => {
    const { outputs } = await front.run(index);
    assert.deepEqual(
      outputs.filter(({ kind }) => kind === "error"),
      [],
    );
    const text = outputs.find(({ kind }) => kind === "stream")?.text;
    return text && JSON.parse(text);
  };
  /** What the page holds once all that is not reachable is gone: viewers, shown or not, and listeners on the page itself. */
  const held = async () => {
    await front.page.waitForTimeout(500);
    for (let i = 0; i < 2; i++) await devtools.send("HeapProfiler.collectGarbage");
    const objectGroup = "held";
    const prototype = await devtools.send("Runtime.evaluate", { expression: "HTMLDivElement.prototype", objectGroup });
    const { objects } = await devtools.send("Runtime.queryObjects", {
      prototypeObjectId: prototype.result.objectId as string,
      objectGroup,
    });
    const { result } = await devtools.send("Runtime.callFunctionOn", {
      objectId: objects.objectId,
      functionDeclaration: "function () { return this.filter((element) => element.matches('.sl-viewer')).length; }",
      returnByValue: true,
    });
    await devtools.send("Runtime.releaseObjectGroup", { objectGroup });
    const listeners = (await front.page.evaluate("pageListeners()")) as number;
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    return { viewers: result.value as number, listeners, megabytes: Math.round(usedSize / 2 ** 20) };
  };
  /** Milliseconds from each of many moves of a range to the end of the frame that shows it. */
  const lags = (input: Locator, moves: number) =>
    input.evaluate(async (element, count) => {
      const range = element as unknown as {
        value: string;
        min: string;
        max: string;
        dispatchEvent(event: Event): void;
      };
      const frame = (globalThis as unknown as { requestAnimationFrame(done: (time: number) => void): void })
        .requestAnimationFrame;
      const times: number[] = [];
      for (let i = 1; i <= count; i++) {
        range.value = String(Number(range.min) + ((Number(range.max) - Number(range.min)) * i) / (count + 1));
        const started = performance.now();
        range.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise<void>((done) => frame(() => setTimeout(done)));
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b);
    }, moves);
  const told = (times: readonly number[]) =>
    `median ${times[times.length >> 1].toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms (goal 100 ms)`;

  test("1,000 slider events in a row: every message arrives, in order", async (context) => {
    await run(SLIDER);
    const view = front.cell(SLIDER);
    await view.getByRole("slider").focus();
    const started = performance.now();
    for (let i = 0; i < 1000; i++) await front.page.keyboard.press("ArrowRight");
    await view.locator(".widget-readout", { hasText: /^1000$/ }).waitFor();
    const last = performance.now();
    await view.locator(".progress-bar[style*='width: 100%']").waitFor();
    context.diagnostic(
      `1,000 keys in ${((last - started) / 1000).toFixed(1)} s, ${updates.length} messages; the kernel's answer to the last ${(performance.now() - last).toFixed(0)} ms later`,
    );
    assert.equal(updates.at(-1), "1000");
    assert.deepEqual(await run(SEEN), updates.map(Number));
  });

  test("20 viewers in one notebook: all are drawn, none lags; shown again and again they leave nothing behind", async (context) => {
    await run(VIEWERS);
    const viewers = front.cell(VIEWERS).locator(".sl-viewer[data-paint]");
    await viewers.nth(19).waitFor();
    const slider = viewers.first().getByRole("slider", { name: "Weight of the colours" });
    context.diagnostic(`20 viewers, one moves: ${told(await lags(slider, 60))}`);
    const rerun = async () => {
      await run(VIEWERS);
      await viewers.nth(19).waitFor();
      assert.equal(await viewers.count(), 20);
    };
    await rerun();
    const [before, comms] = [await held(), await run(COMMS)];
    for (let i = 0; i < 5; i++) await rerun();
    const now = await held();
    context.diagnostic(`before ${JSON.stringify(before)}, after 100 more viewers ${JSON.stringify(now)}`);
    assert.equal(await run(COMMS), comms);
    assert.deepEqual([before.viewers, now.viewers], [20, 20], "views that are gone");
    assert.equal(now.listeners, before.listeners, "listeners of views that are gone");
    assert.ok(now.megabytes < before.megabytes * 1.2, "memory of views that are gone");
    await front.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')");
    await viewers.first().waitFor({ state: "detached" });
    assert.equal((await held()).viewers, 0);
  });

  test("500 pictures in CaseBrowser: thresholds move without a lag, a card opens, the answers are there", async (context) => {
    await run(CASES);
    const view = front.cell(CASES).locator(".sl-cases");
    await view.locator(".js-plotly-plot .scatterlayer").waitFor();
    const slider = view.getByRole("slider", { name: "Confident from" });
    context.diagnostic(`500 pictures, a threshold moves: ${told(await lags(slider, 60))}`);
    await slider.focus();
    await front.page.keyboard.press("Home");
    await view.locator(".sl-card").nth(3).click();
    await view.locator(".sl-detail .sl-viewer[data-paint]").waitFor();
    const [high, opened] = (await run(THRESHOLDS)) as [number, number];
    assert.ok(high === 0 && opened >= 0);
    await front.keep("lab-cases-500", view);
    assert.deepEqual(ours(front.problems), []);
  });
});
