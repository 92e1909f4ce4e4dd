import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { FrontEnd, ours } from "./front-end.js";
import { readsFromAfar } from "./sizes.js";
import { type Jupyter, keep, launch, missingForBrowser, root, startJupyter } from "./support.js";

const cells = [
  `import { explain, loadModel } from "sightline";
import * as w from "sightline/widgets";
const model = await loadModel("honest.onnx");
const common = { targets: "top:2", preset: "speed" } as const;
const e = await explain(model, "coffee.png", { ...common, method: "occlusion" });
const f = await explain(model, "coffee.png", { ...common, method: "recipro-cam" });
const g = await explain(model, "coffee.png", { ...common, method: "integrated-gradients" });`,
  `const large = await loadModel("efficientnet-lite0");
new w.SaliencyViewer(await explain(large, "coffee.png", { ...common, method: "occlusion" }), { model: large, methods: ["rise"] })`,
  "new w.PositiveNegativePanes(g, { zones: 4 })",
  "new w.MethodComparison([e, f, g])",
  `new w.CaseBrowser(
  Array.from({ length: 30 }, (_, i) => ({ ...w.CaseBrowser.item([e, f, g][i % 3], i % 4 ? "boat" : "car"), name: "picture " + i })),
  { model },
)`,
  `new w.CurveScrubber(model, "coffee.png", [e, f, g], { baselines: ["black", "mean"], nulls: 60 })`,
  `new w.TestTheClaim(model, "coffee.png", e, { controls: 6 })`,
  "await model.close()",
] as const;
/** Width by height of the photograph; the small model stretches it into a square, the large one cuts a square out. */
const PHOTO = 600 / 400;
const [EXPLAIN, VIEWER, PANES, COMPARISON, CASES, CURVES, CLAIM, CLOSE] = cells.keys();

describe("widgets before a class, in JupyterLab at 1280 × 720", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let jupyter: Jupyter;
  let browser: Browser;
  let front: FrontEnd;
  before(async () => {
    [jupyter, browser] = await Promise.all([startJupyter("lab"), launch()]);
    await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    const url = await jupyter.notebook("class.ipynb", cells);
    front = await FrontEnd.open(browser, url, { width: 1280, height: 720 });
    await front.page.evaluate("jupyterapp.shell.collapseLeft()");
    await run(EXPLAIN);
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  const run = async (index: number) => {
    const { outputs } = await front.run(index);
    assert.deepEqual(
      outputs.filter(({ kind }) => kind === "error"),
      [],
    );
  };
  /** Runs a cell and hands over its view, brought to the top of the screen. */
  const shown = async (index: number, selector: string): Promise<Locator> => {
    await run(index);
    const view = front.cell(index).locator(selector).first();
    await view.waitFor();
    return view;
  };
  /** The notebook takes cells that are out of sight off the page, and puts them back where it has scrolled to. */
  const boxOf = async (part: Locator) => {
    let box = await part.boundingBox();
    for (let tries = 0; !box; box = await part.boundingBox()) {
      assert.ok(tries++ < 50, "it is on the page");
      await front.page.waitForTimeout(100);
    }
    return { ...box, right: box.x + box.width, bottom: box.y + box.height };
  };
  /** Brings a part to the top; how far the bottom of the last one lies above the end of the notebook's window. */
  const fits = async (top: Locator, last: Locator = top): Promise<void> => {
    await boxOf(top);
    await top.evaluate((element) => (element as unknown as { scrollIntoView(): void }).scrollIntoView());
    const screen = await boxOf(front.page.locator(".jp-WindowedPanel-outer").first());
    const { bottom } = await boxOf(last);
    assert.ok(bottom <= screen.bottom, `${Math.round(bottom - screen.bottom)} pixels too tall`);
  };

  /** Every picture of a view has the shape of the photograph that it shows. */
  const keepsShape = async (view: Locator, aspect: number) => {
    const shapes = await view.locator(".sl-frame:visible").evaluateAll((frames) =>
      frames.map((frame) => {
        const { clientWidth, clientHeight } = frame as unknown as { clientWidth: number; clientHeight: number };
        return clientWidth / clientHeight;
      }),
    );
    assert.ok(shapes.length > 0);
    for (const shape of shapes) assert.ok(Math.abs(shape / aspect - 1) < 0.02, `${shape} instead of ${aspect}`);
  };

  test("a comparison of three methods fits the screen, controls beside the maps, scales named where kinds differ", async () => {
    const view = await shown(COMPARISON, ".sl-comparison");
    await view.locator(".heatmaplayer image").waitFor();
    await fits(view);
    const [grid, controls] = [await boxOf(view.locator(".sl-grid")), await boxOf(view.locator(".sl-controls"))];
    assert.ok(grid.right <= controls.x && Math.abs(grid.y - controls.y) < 24, "controls stand beside the maps");
    await view.getByText("Their values are of different kinds: occlusion probability, recipro-cam logit").waitFor();
    await keep(front.page, "class-comparison");
  });

  test("an open case fits the screen beside the thresholds; a lasso around nothing leaves all pictures as they were", async () => {
    const view = await shown(CASES, ".sl-cases");
    const points = view.locator(".scatterlayer .point");
    await points.first().waitFor();
    const plot = await boxOf(view.locator(".nsewdrag").first());
    const { mouse } = front.page;
    const lasso = async (from: [number, number], to: [number, number]) => {
      const at = ([x, y]: [number, number]) => [plot.x + x * plot.width, plot.y + y * plot.height] as const;
      await mouse.move(...at(from));
      await mouse.down();
      for (const corner of [[to[0], from[1]], to, [from[0], to[1]], from] as [number, number][]) {
        await mouse.move(...at(corner), { steps: 4 });
      }
      await mouse.up();
    };
    await lasso([0.02, 0.02], [0.2, 0.2]);
    await front.page.waitForTimeout(600);
    await view.getByText("30 of 30 pictures").waitFor();
    const faded = await points.evaluateAll(
      (all) =>
        all.filter((point) => Number((point as unknown as { style: { opacity: string } }).style.opacity) < 1).length,
    );
    assert.equal(faded, 0, "no mark is faded");

    const cursor = view.getByRole("application", { name: /Marks of the chart/ });
    const keys = async (...names: string[]) => {
      for (const name of names) await cursor.press(name);
    };
    const steps = (count: number, name: string) => Array.from({ length: count }, () => name);
    await keys(...steps(31, "ArrowLeft"), ...steps(31, "ArrowDown"), "Space");
    await keys(...steps(31, "ArrowRight"), ...steps(31, "ArrowUp"));
    await view.getByText("30 of 30 pictures in the rectangle.").waitFor();
    await view.getByText("chooses: one corner, then the other").waitFor();
    await keep(front.page, "class-cases-keyboard");
    await keys(...steps(17, "ArrowDown"), "Space");
    await view.getByText(/ pictures chosen\.$/).waitFor();
    const chosen = Number((await view.getByText(/^\d+ of 30 pictures$/).textContent())?.split(" ")[0]);
    const area = await boxOf(cursor);
    const below = await points.evaluateAll(
      (marks, middle) => {
        const boxes = marks.map((mark) =>
          (mark as unknown as { getBoundingClientRect(): { y: number; height: number } }).getBoundingClientRect(),
        );
        return boxes.filter(({ y, height }) => y + height / 2 > middle).length;
      },
      area.y + (17 / 30) * area.height,
    );
    assert.ok(chosen > 0 && chosen < 30, `${chosen} chosen`);
    assert.equal(chosen, below, "the marks in the lower part");
    await keys("Escape");
    await view.getByText("30 of 30 pictures", { exact: true }).waitFor();
    await keys("Enter");
    await view.locator(".sl-detail .sl-viewer[data-paint]").waitFor();
    await view.getByRole("button", { name: /^Close/ }).press("Enter");
    await view.locator(".sl-card").nth(2).click();
    const detail = view.locator(".sl-detail");
    await detail.locator(".sl-viewer[data-paint]").waitFor();
    await fits(view, detail);
    await keep(front.page, "class-cases");
    await detail.getByRole("button", { name: "Close" }).click();
  });

  test("bars of both panes have one scale; the larger view keeps the numbers and the chosen zone on one screen", async () => {
    const view = await shown(PANES, ".sl-for-and-against");
    await fits(view);
    await keepsShape(view, PHOTO);
    const rows = view.locator(".sl-panes .sl-zones button");
    const bars = await rows.evaluateAll((all) =>
      all.map((row) => {
        const { style, querySelector } = row as unknown as {
          style: { getPropertyValue(name: string): string };
          querySelector(selector: string): { title: string };
        };
        return (
          Number.parseFloat(style.getPropertyValue("--part")) / Number(querySelector.call(row, ".sl-number").title)
        );
      }),
    );
    assert.ok(bars.length >= 4 && bars.every((scale) => Math.abs(scale / bars[0] - 1) < 1e-6), String(bars));
    await rows.nth(1).click();
    const dialog = view.locator("dialog");
    const chosen = dialog.locator("button[aria-pressed='true']");
    assert.equal(await chosen.textContent(), await rows.nth(1).textContent());
    const partOf = (row: Locator) =>
      row.evaluate((element) =>
        (element as unknown as { style: { getPropertyValue(name: string): string } }).style.getPropertyValue("--part"),
      );
    assert.equal(await partOf(chosen), await partOf(rows.nth(1)), "and its bar is as long");
    const { bottom } = await boxOf(dialog.locator(".sl-stage"));
    assert.ok(bottom <= 720 && (await boxOf(chosen)).bottom <= 720);
    await keep(front.page, "class-larger");
    await front.page.keyboard.press("Escape");
  });

  test("explaining by another method sharpens in the viewer under a bar; Cancel, by mouse and by key, leaves what was there", async () => {
    const view = await shown(VIEWER, ".sl-viewer");
    await fits(view);
    await keepsShape(view, 1);
    const cancel = view.getByRole("button", { name: "Cancel" });
    for (const end of [() => cancel.click(), () => cancel.press("Enter")]) {
      await view.getByLabel("Method", { exact: true }).selectOption({ label: "explain by rise" });
      await view.getByText("rise, so far: still sharpening").waitFor();
      assert.match((await view.locator(".sl-work").textContent()) ?? "", /explaining by rise · \d+ of 1,000/);
      assert.equal(await front.cell(VIEWER).locator(".sl-panel").count(), 0, "its progress is shown once");
      await keep(front.page, "class-sharpening");
      await end();
      await view.getByText(/^occlusion · \d+ passes/).waitFor();
      await cancel.waitFor({ state: "hidden" });
    }
  });

  test("curves fit the screen while they are measured; Cancel says how to go on", async () => {
    const view = await shown(CURVES, ".sl-scrubber");
    const cancel = view.getByRole("button", { name: "Cancel" });
    await cancel.waitFor();
    assert.match((await view.locator(".sl-work").textContent()) ?? "", /^measuring/);
    await fits(view);
    await keepsShape(view, PHOTO);
    const [picture, curves, controls] = await Promise.all(
      [".sl-stage", ".sl-curves", ".sl-controls"].map((part) => boxOf(view.locator(part).first())),
    );
    assert.ok(picture.right <= curves.x && curves.right <= controls.x, "picture, curves and controls side by side");
    await keep(front.page, "class-measuring");
    await cancel.click();
    const notice = view.getByText("Measuring was cancelled: press “Measure the rest” to see the other curves.");
    await notice.waitFor();
    await view.getByRole("button", { name: "Measure the rest" }).click();
    await notice.waitFor({ state: "hidden" });
    await cancel.press("Enter");
    await notice.waitFor();
  });

  test("a claim is tested by keyboard alone and read from the back row", async () => {
    const view = await shown(CLAIM, ".sl-claim");
    const frame = view.locator(".sl-frame").first();
    await frame.locator("canvas").waitFor();
    await keepsShape(view, PHOTO);
    await view.getByText("draws: one corner, then the other").waitFor();
    const picture = () =>
      frame.locator("canvas").evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const plain = await picture();
    await view.getByRole("radio", { name: "segment" }).press("Space");
    for (let tries = 0; (await picture()) === plain; tries++) {
      assert.ok(tries < 50, "segments are seen before one is chosen");
      await front.page.waitForTimeout(100);
    }
    await keep(front.page, "class-segments");
    await view.getByRole("radio", { name: "rectangle" }).press("Space");
    for (const key of ["Space", ...Array.from({ length: 8 }, () => "ArrowLeft"), "ArrowUp", "ArrowUp", "Space"]) {
      await frame.press(key);
    }
    await view
      .getByText(/of 6 regions of the same shape/)
      .first()
      .waitFor();
    const change = view.locator(".sl-change");
    assert.match((await change.textContent()) ?? "", /^class 2 (1\.0|\.\d\d) → (1\.0|<?\.\d\d)$/);
    await readsFromAfar(view, [".sl-change"]);
    await fits(view, change);
    for (const row of await view.locator(".sl-scores li").all()) {
      const known = ((await row.locator(".sl-number").textContent()) ?? "").includes("→");
      assert.equal(
        await row.locator(".sl-score-before").count(),
        known ? 1 : 0,
        "a mark where a value before is known",
      );
    }
    await keep(front.page, "class-claim-keyboard");
  });

  test("a closed model, then a lost kernel, dim the old answer and say one sentence with one action", async () => {
    const view = await shown(CLAIM, ".sl-claim");
    await view.locator(".sl-frame canvas").first().waitFor();
    await keepsShape(view, PHOTO);
    const frame = view.locator(".sl-frame").first();
    const draw = async (to: number) => {
      await frame.scrollIntoViewIfNeeded();
      const box = await boxOf(frame);
      await front.page.mouse.move(box.x + 0.3 * box.width, box.y + 0.3 * box.height);
      await front.page.mouse.down();
      await front.page.mouse.move(box.x + to * box.width, box.y + to * box.height, { steps: 4 });
      await front.page.mouse.up();
    };
    await draw(0.7);
    await view
      .getByText(/of 6 regions of the same shape/)
      .first()
      .waitFor();
    const verdict = view.locator(".sl-verdict");
    const opacity = async (expected: string) => {
      const read = (element: unknown) =>
        (globalThis as unknown as { getComputedStyle(of: unknown): { opacity: string } }).getComputedStyle(element)
          .opacity;
      for (let tries = 0; (await verdict.evaluate(read)) !== expected; tries++) {
        assert.ok(tries < 100, `the answer is not at ${expected}`);
        await front.page.waitForTimeout(100);
      }
    };
    await opacity("1");
    await run(CLOSE);
    await draw(0.6);
    const notice = view.locator(".sl-notice:not([hidden])");
    await notice.filter({ hasText: /closed/ }).waitFor();
    assert.match((await notice.textContent()) ?? "", /^[^.:]+: [^.:]+\.?$/, "one sentence, one action");
    await opacity("0.65");
    await fits(view, notice);
    await keep(front.page, "class-closed-model");
    await front.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()");
    await view.getByText("The kernel is gone: run the cell again to test more.").waitFor();
    await opacity("0.65");
    await keep(front.page, "class-lost-kernel");
    assert.deepEqual(ours(front.problems), []);
  });
});
