import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { boxRegion } from "../../src/evaluate/region.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { MaskTheatre } from "../../src/widgets/mask-theatre.js";
import { MethodComparison } from "../../src/widgets/method-comparison.js";
import { PictureBooth } from "../../src/widgets/picture-booth.js";
import { PositiveNegativePanes } from "../../src/widgets/positive-negative-panes.js";
import { ProgressPanel } from "../../src/widgets/progress-panel.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { shareRegion } from "../../src/widgets/share-region.js";
import { savedState } from "../../src/widgets/state.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { blobModel } from "../support/analytic-model.js";
import { missingForBrowser, openPage, root } from "./support.js";
import { SIDE, WidgetPages } from "./widget-pages.js";

/** What somebody's notebook may say that a trait is. */
const ODD = [null, 7, -1, 1e12, "x", '<img src=x onerror="globalThis.hacked=1">', true, [], [null], {}, { length: 9 }];

/**
 * Renders saved widgets one by one, a trait of each made odd: `tryAll(widgets, odd, late)` answers with what went wrong.
 * `late`: the trait becomes odd after the widget is shown, as by a message.
 */
const host = `<!doctype html><meta charset="utf-8"><body style="width:900px">
<script type="module">
const { default: { render } } = await import("./anywidget.js");
const problems = [];
addEventListener("error", ({ message }) => problems.push(message));
addEventListener("unhandledrejection", ({ reason }) => problems.push(String(reason?.stack ?? reason)));
const decode = ({ state, buffers }) => {
  const copy = structuredClone(state);
  for (const { path, data } of buffers ?? []) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    path.slice(0, -1).reduce((part, key) => part[key], copy)[path.at(-1)] = new DataView(bytes.buffer);
  }
  return copy;
};
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
async function tryOne(widget, trait, value, late) {
  const state = decode(widget);
  const listeners = new Map();
  const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  const tell = (name) => { for (const listener of [...of("change:" + name)]) listener(); };
  const model = {
    get: (name) => state[name],
    set: (name, next) => { state[name] = next; tell(name); },
    save_changes() {},
    on: (event, listener) => void of(event).add(listener),
    off: (event, listener) => void of(event).delete(listener),
    send() {},
    comm_live: true,
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  if (!late) state[trait] = value;
  const leave = await render({ model, el });
  if (late) { state[trait] = value; tell(trait); }
  await frame();
  await frame();
  const what = state.kind + "." + trait + " = " + JSON.stringify(value);
  if (!el.textContent.trim()) problems.push("nothing is shown");
  leave();
  const left = [...listeners].filter(([, { size }]) => size > 0).map(([event]) => event);
  if (left.length > 0) problems.push("listeners stay: " + left);
  return problems.splice(0).map((problem) => what + ": " + problem);
}
globalThis.tryAll = async (widget, odd, late) => {
  const found = [];
  const ours = Object.keys(widget.state).filter((name) => !name.startsWith("_") && !["layout", "kind", "tooltip", "tabbable"].includes(name));
  for (const trait of ours) for (const value of odd) found.push(...await tryOne(widget, trait, value, late));
  return { tried: ours.length * odd.length, found };
};
globalThis.ready = true;
</script>`;

const skip = missingForBrowser();

describe("saved widgets whose state somebody made odd", { skip }, () => {
  let pages: WidgetPages;
  let page: Page;
  before(async () => {
    pages = await WidgetPages.start();
    const built = (name: string) => readFile(join(root, "dist/src/widgets/browser", name), "utf8");
    const script = async (id: string, name: string) =>
      `<script type="text/plain" id="${id}">${(await built(name)).replaceAll("</script", "<\\/script")}</script>`;
    const scripts = [await script("module", "anywidget.js"), await script("sightline-plotly", "plotly.js")].join("");
    await writeFile(
      join(pages.folder, "host.html"),
      host
        .replace(
          'await import("./anywidget.js")',
          `await import(URL.createObjectURL(new Blob([document.getElementById("module").textContent], { type: "text/javascript" })))`,
        )
        .replace("<body", () => `${scripts}<body`),
    );
    ({ page } = await openPage(pages.browser));
    await page.goto(pathToFileURL(join(pages.folder, "host.html")).href);
    await page.waitForFunction("globalThis.ready");
  });
  after(() => pages[Symbol.asyncDispose]());

  const make = {
    SaliencyViewer: () => new SaliencyViewer([pages.hills("one"), pages.hills("two", 3)]),
    PositiveNegativePanes: () => new PositiveNegativePanes(pages.hills("one")),
    MethodComparison: () => new MethodComparison([pages.hills("one"), pages.hills("two", 3)]),
    CaseBrowser: async () => {
      const browser = new CaseBrowser([
        CaseBrowser.item(pages.hills("one"), "rest"),
        CaseBrowser.item(pages.hills("two")),
      ]);
      await browser.prepare();
      browser.set("opened", 0);
      return browser;
    },
    GuessFirst: async () => {
      const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const guess = new GuessFirst(model, pages.photo, { method: "occlusion", controls: 3 });
      guess.add("Ada", shareRegion(0.15, { x: 0.4, y: 0.4 }, { width: SIDE, height: SIDE }));
      await guess.reveal();
      return guess;
    },
    StickerLab: async () => {
      const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const stickers = { red: { data: Uint8Array.from([255, 0, 0, 255]), width: 1, height: 1 } };
      const lab = new StickerLab({ models: { blob: model }, images: [pages.photo], stickers, method: null });
      await lab.paste({ x: 0.4, y: 0.4, size: 0.2 });
      await lab.count();
      return lab;
    },
    MaskTheatre: async () => {
      const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const theatre = new MaskTheatre(model, pages.photo, { method: "occlusion" });
      await theatre.run();
      return theatre;
    },
    PictureBooth: async () => {
      const booth = new PictureBooth(blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 }));
      await booth.show(pages.photo);
      return booth;
    },
    TestTheClaim: async () => {
      const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const claim = new TestTheClaim(model, pages.photo, pages.hills("one"), { controls: 3 });
      await claim.test(boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: SIDE, height: SIDE }));
      return claim;
    },
    CurveScrubber: async () => {
      const model = blobModel(SIDE, SIDE, { x: 96, y: 96, width: 96, height: 96 });
      const scrubber = new CurveScrubber(model, pages.photo, [pages.hills("one")], { baselines: ["black"], nulls: 0 });
      await scrubber.measured();
      return scrubber;
    },
    ProgressPanel: () => {
      const panel = new ProgressPanel("rise");
      panel.progress({ done: 300, total: 4000 });
      return panel;
    },
  };
  for (const [name, widget] of Object.entries(make)) {
    test(`${name}: shown, or one sentence; no error on the page, no listener left`, async (context) => {
      const made = await widget();
      const { state } = await savedState([made]);
      const saved = state[made.modelId];
      for (const late of [false, true]) {
        const call = `tryAll(${JSON.stringify(saved)}, ${JSON.stringify(ODD)}, ${late})`;
        const { tried, found } = (await page.evaluate(call)) as { tried: number; found: string[] };
        context.diagnostic(`${tried} states`);
        assert.deepEqual(found, []);
      }
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
    });
  }
});
