import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { pictureFolder } from "../audit/pictures.js";
import { FrontEnd, ours } from "./front-end.js";
import { type App, type Jupyter, keep, launch, missingForBrowser, root, startJupyter } from "./support.js";

/** Cells that show widgets, each with the cell after it that says what the kernel knows. */
const cells = {
  explain: `import { explain, loadModel } from "sightline";
import * as w from "sightline/widgets";
const model = await loadModel("honest.onnx");
const common = { targets: "top:2", preset: "speed" } as const;
const e = await explain(model, "coffee.png", { ...common, method: "occlusion" });
const f = await explain(model, "coffee.png", { ...common, method: "recipro-cam" });
const answer = (value: unknown) => console.log(JSON.stringify(value));`,
  slider: `const slider = new w.IntSlider({ min: 0, max: 10, description: "How many" });
const half = new w.FloatProgress({ min: 0, max: 5 });
slider.observe("value", (value) => half.set("value", value / 2));
new w.VBox({ children: [slider, half] })`,
  sliderAnswer: "answer([slider.value, half.value])",
  viewer: `const viewer = new w.SaliencyViewer([e, f], { model, methods: ["activation-map"] });\nviewer`,
  viewerAnswer: `answer([viewer.get("shown"), viewer.get("target"), viewer.config])`,
  panes: "const panes = new w.PositiveNegativePanes(e, { zones: 3 });\npanes",
  panesAnswer: `answer([panes.get("zones"), panes.get("target")])`,
  comparison: "const comparison = new w.MethodComparison([e, f]);\ncomparison",
  comparisonAnswer: `answer([comparison.get("separate"), comparison.get("target")])`,
  cases: `const items = Array.from({ length: 6 }, (_, i) => ({ ...w.CaseBrowser.item(i % 2 ? e : f, i < 3 ? "boat" : "car"), name: "picture " + i }));
const cases = new w.CaseBrowser(items, { model });
cases`,
  casesAnswer: `answer([cases.get("high"), cases.get("opened"), cases.truths, cases.get("selection").length])`,
  claim: `const claim = new w.TestTheClaim(model, "coffee.png", e, { controls: 6 });\nclaim`,
  claimAnswer: `answer(claim.history.map(({ action, fill, area }) => [action, fill, area]))`,
  scrubber: `const scrubber = new w.CurveScrubber(model, "coffee.png", [e, f], { baselines: ["black", "mean"], nulls: 1 });
await scrubber.measured();
scrubber`,
  scrubberAnswer: `answer([scrubber.get("step"), scrubber.get("metric"), scrubber.get("baseline")])`,
  explorer: `import { audit } from "sightline";
const audited = await audit(model, "pictures", { out: "audit", method: "recipro-cam", shortcuts: false });
new w.AuditExplorer(audited)`,
  explorerAnswer: `answer(await audited.query("select path from results where prediction = 'class 6' order by shard, map_row"))`,
  auditCases: "const ofAudit = new w.CaseBrowser(audited);\nofAudit",
  auditCasesAnswer: `answer([ofAudit.get("high"), ofAudit.cases().length])`,
  work: `const end = await explain(model, "coffee.png", { method: "rise", preset: "quality", budget: { passes: 500_000 } }).then(
  () => "it went on to its end",
  (error) => error.code,
);
answer(end)`,
} as const;
type Name = keyof typeof cells;
const names = Object.keys(cells) as Name[];
const at = (name: Name) => names.indexOf(name);

/** Pictures that the notebook audits. */
const AUDITED = 24;

/** Colours of an element's text and of what lies behind it, in the page. */
function coloursOf(element: unknown): [string, string] {
  const { getComputedStyle } = globalThis as unknown as {
    getComputedStyle(of: unknown): { color: string; fill: string; backgroundColor: string };
  };
  const { closest, namespaceURI } = element as { closest(selector: string): unknown; namespaceURI: string };
  const { color, fill } = getComputedStyle(element);
  const { backgroundColor } = getComputedStyle(closest.call(element, ".sightline"));
  return [namespaceURI.endsWith("svg") ? fill : color, backgroundColor];
}

/** Contrast of two computed colours by WCAG 2, alpha of the first reckoned in. */
function contrast(text: string, back: string): number {
  // colours that were mixed are written color(srgb .5 .5 .5 / .9), others rgb(127, 127, 127)
  const parse = (colour: string) => {
    const numbers = [...colour.matchAll(/[\d.]+/g)].map(Number);
    return colour.startsWith("color(srgb") ? numbers.map((value, i) => (i < 3 ? 255 * value : value)) : numbers;
  };
  const behind = parse(back);
  const [r, g, b, alpha = 1] = parse(text);
  const light = (rgb: readonly number[]) => {
    const [red, green, blue] = rgb
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const mixed = [r, g, b].map((value, i) => alpha * value + (1 - alpha) * behind[i]);
  const [low, high] = [light(mixed), light(behind)].sort((a, b2) => a - b2);
  return (high + 0.05) / (low + 0.05);
}

/** Every widget in a real front end: shown, moved by mouse and by keyboard, its answer read back from the kernel. */
export function widgetsIn(app: App): void {
  describe(`widgets in ${app}`, { skip: missingForBrowser({ jupyter: true }) }, () => {
    let jupyter: Jupyter;
    let browser: Browser;
    let front: FrontEnd;
    before(async () => {
      browser = await launch();
      jupyter = await startJupyter(app);
      await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
      await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
      await cp(await pictureFolder(AUDITED, 81), join(jupyter.folder, "pictures"), { recursive: true });
      const url = await jupyter.notebook("widgets.ipynb", Object.values(cells));
      front = await FrontEnd.open(browser, url, { width: 1400, height: 1000 });
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    /** Shows a widget and hands over its view; keeps a screenshot before and after, and the reason of a failure. */
    const shown = async (
      name: Name,
      selector: string,
      work: (view: Locator, answer: () => Promise<unknown>) => unknown,
    ) => {
      try {
        const { outputs } = await front.run(at(name));
        assert.deepEqual(
          outputs.filter(({ kind }) => kind === "error"),
          [],
        );
        const view = front.cell(at(name)).locator(selector);
        await view.waitFor();
        const read = async () => {
          const { outputs: said } = await front.run(at(`${name}Answer` as Name));
          return JSON.parse(said.at(-1)?.text ?? "null");
        };
        // a front end holds changes back while one is under way; once a cell has run they are with the kernel
        await work(view, () => read().then(read));
        await front.keep(`${app}-${name}`, view);
        assert.deepEqual(ours(front.problems), []);
      } catch (error) {
        await keep(front.page, `${app}-${name}-failed`);
        throw new Error([String(error), ...ours(front.problems)].join("\n"), { cause: error });
      }
    };
    /** Where an element lies once it is in view; one that is drawn again meanwhile is looked for again. */
    const inView = async (element: Locator) => {
      for (const deadline = Date.now() + 30_000; ; ) {
        try {
          await element.scrollIntoViewIfNeeded();
          const box = await element.boundingBox();
          if (box) return box;
        } catch (error) {
          if (!/not attached/.test(String(error))) throw error;
        }
        assert.ok(Date.now() < deadline, "the element stays on the page");
      }
    };
    /** Clicks on a track at a part of its length. */
    const clickAt = async (track: Locator, part: number) => {
      const box = await inView(track);
      await front.page.mouse.click(box.x + part * box.width, box.y + box.height / 2);
    };
    const press = async (control: Locator, ...keys: string[]) => {
      await control.focus();
      for (const key of keys) await front.page.keyboard.press(key);
    };
    /** Drags over a part of an element, in shares of its width and height. */
    const drag = async (element: Locator, from: [number, number], to: [number, number]) => {
      const box = await inView(element);
      const { mouse } = front.page;
      await mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
      await mouse.down();
      await mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 8 });
      await mouse.up();
    };

    test("a standard slider moves by mouse and arrow keys, and answers with another control", async () => {
      assert.deepEqual(
        (await front.run(at("explain"))).outputs.filter(({ kind }) => kind === "error"),
        [],
      );
      await shown("slider", ".jupyter-widgets.widget-slider", async (view, answer) => {
        await clickAt(view.locator(".noUi-base"), 0.2);
        await view.locator(".widget-readout", { hasText: /^2$/ }).waitFor();
        await press(view.getByRole("slider"), "ArrowRight", "ArrowRight");
        await view.locator(".widget-readout", { hasText: /^4$/ }).waitFor();
        assert.deepEqual(await answer(), [4, 2]);
      });
    });

    test("SaliencyViewer", async () => {
      await shown("viewer", ".sl-viewer", async (view, answer) => {
        await press(view.getByRole("slider", { name: "Show values, lower end" }), ...Array(8).fill("PageUp"));
        await clickAt(view.getByRole("slider", { name: "Weight of the colours" }), 0.3);
        await press(view.getByLabel("Class", { exact: true }), "ArrowDown");
        await press(view.getByLabel("Method", { exact: true }), "ArrowDown");
        const frame = view.locator(".sl-frame");
        await frame.hover({ position: { x: 60, y: 60 } });
        await view.locator(".sl-reading", { hasText: /\d/ }).waitFor();
        await press(frame, "+", "+");
        await drag(frame, [0.6, 0.6], [0.4, 0.4]);
        await press(view.getByLabel("Method", { exact: true }), "ArrowDown");
        await view.getByText("activation-map · 1 pass").waitFor();
        const [method, target, config] = (await answer()) as [number, number, Record<string, number>];
        assert.deepEqual([method, target], [2, 1]);
        assert.ok(config.clip_below_percentile > 50, JSON.stringify(config));
        assert.ok(Math.abs(config.overlay_weight - 0.3) < 0.06, JSON.stringify(config));
      });
    });

    test("PositiveNegativePanes", async () => {
      await shown("panes", ".sl-panes", async (panes, answer) => {
        const view = panes.locator("..");
        const count = view.getByRole("slider", { name: "Zones on each side" });
        await clickAt(count, 0.02);
        await press(count, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight");
        await press(view.getByLabel("Class", { exact: true }), "ArrowDown");
        assert.deepEqual(await answer(), [5, 1]);
        const zone = view.locator(".sl-zones button").first();
        const second = view.locator(".sl-panes .sl-zones button").nth(1);
        await zone.click();
        const dialog = view.locator("dialog");
        const chosen = dialog.locator(".sl-zones button[aria-pressed='true']");
        await chosen.waitFor();
        assert.equal(await chosen.textContent(), await zone.textContent());
        await front.keep(`${app}-panes-larger`);
        await front.page.keyboard.press("Escape");
        await chosen.waitFor({ state: "hidden" });
        await press(second, "Enter");
        assert.equal(await chosen.textContent(), await second.textContent());
        await dialog.getByRole("radio", { name: "the whole map" }).check({ force: true });
        await dialog.locator(".sl-viewer").waitFor();
        await dialog.getByRole("button", { name: "Close" }).click();
      });
    });

    test("MethodComparison", async () => {
      await shown("comparison", ".sl-comparison", async (view, answer) => {
        await view.locator(".js-plotly-plot .heatmaplayer image").waitFor();
        await view
          .locator(".sl-grid .sl-frame")
          .first()
          .hover({ position: { x: 40, y: 40 } });
        await view.locator(".sl-reading", { hasText: /occlusion .* recipro-cam/ }).waitFor();
        await press(view.getByLabel("Colour scales"), "ArrowDown");
        await press(view.getByLabel("Of the maps for"), "ArrowDown");
        const second = (await front.run(at("viewerAnswer"))).outputs.length;
        assert.ok(second > 0);
        const [separate, target] = (await answer()) as [boolean, number];
        assert.equal(separate, true);
        assert.ok(Number.isInteger(target));
      });
    });

    test("CaseBrowser", async () => {
      await shown("cases", ".sl-cases", async (view, answer) => {
        await press(view.getByRole("slider", { name: "Confident from" }), "Home", "ArrowRight", "ArrowRight");
        await view.locator(".sl-card").first().click();
        await view.locator(".sl-detail .sl-viewer").waitFor();
        const truth = view.getByLabel("Truth", { exact: true });
        await truth.fill("harbour");
        await front.page.keyboard.press("Tab");
        await press(view.getByRole("button", { name: "Next →" }), "Enter");
        await front.page.waitForFunction(
          "document.querySelectorAll('.sl-card[data-open]').length === 1 && document.querySelector('.sl-detail .sl-viewer')",
        );
        const plot = view.locator(".js-plotly-plot .nsewdrag").first();
        await drag(plot, [0.02, 0.02], [0.98, 0.98]);
        const [high, opened, truths] = (await answer()) as [number, number, string[], number];
        assert.ok(Math.abs(high - 0.02) < 1e-9, String(high));
        assert.ok(opened >= 0);
        assert.equal(truths.filter((label) => label === "harbour").length, 1);
      });
    });

    test("AuditExplorer", async () => {
      await shown("explorer", ".sl-x", async (view, answer) => {
        const count = (text: string) => view.locator("[data-count]").filter({ hasText: text }).waitFor();
        await count(`${AUDITED} pictures`);
        await view.locator(".sl-x-facets > details [data-value='class 6']").first().click();
        const boats = (await answer()) as { path: string }[];
        await count(`${boats.length} of ${AUDITED} pictures`);
        await view.locator(".sl-x-card[title]").first().click();
        const detail = view.locator(".sl-x-detail");
        await detail.locator(".sl-x-path").filter({ hasText: boats[0].path }).waitFor();
        await detail.locator("img").waitFor();
        await view.locator(".sl-x-grid").focus();
        await front.page.keyboard.press("j");
        await detail.locator(".sl-x-path").filter({ hasText: boats[1].path }).waitFor();
        await view.getByRole("radio", { name: "Overview" }).check({ force: true });
        await view.getByRole("region", { name: "Accuracy" }).waitFor();
      });
    });

    test("CaseBrowser of an audit", async () => {
      await shown("auditCases", ".sl-cases", async (view, answer) => {
        await press(view.getByRole("slider", { name: "Confident from" }), "Home", "ArrowRight");
        await view.locator(".sl-card").first().click();
        await view.locator(".sl-detail").filter({ hasText: "new AuditExplorer(audit)" }).waitFor();
        assert.deepEqual(await answer(), [0.01, AUDITED]);
      });
    });

    test("TestTheClaim", async () => {
      await shown("claim", ".sl-claim", async (view, answer) => {
        const frame = view.locator(".sl-frame").first();
        const compared = view.locator(".sl-verdict", { hasText: "of 6 regions of the same shape" });
        await drag(frame, [0.25, 0.25], [0.75, 0.75]);
        const tested = async (count: number) => {
          let history: [string, string, number][] = [];
          for (let tries = 0; history.length < count && tries < 20; tries++)
            history = (await answer()) as typeof history;
          assert.equal(history.length, count, JSON.stringify(history));
          await compared.waitFor();
          return history;
        };
        await tested(1);
        await press(view.getByLabel("Fill with"), "ArrowDown");
        await tested(2);
        const toCorner = ["Escape", ...Array(7).fill("ArrowLeft"), " "];
        await press(frame, ...toCorner, ...Array(7).fill("ArrowRight"), ...Array(7).fill("ArrowDown"), " ");
        const history = await tested(3);
        assert.deepEqual(
          history.map(([action, fill]) => `${action} ${fill}`),
          ["hide blur", "hide black", "hide black"],
        );
        assert.ok(
          Math.abs(history[0][2] - 0.25) < 0.02 && Math.abs(history[2][2] - 1 / 16) < 0.01,
          JSON.stringify(history),
        );
        await press(frame, "Control+z");
        await view.getByRole("button", { name: "Redo" }).click();
      });
    });

    test("CurveScrubber", async () => {
      await shown("scrubber", ".sl-scrubber", async (view, answer) => {
        await view.locator(".js-plotly-plot .scatterlayer .trace").first().waitFor();
        await drag(view.locator(".js-plotly-plot .nsewdrag").first(), [0.2, 0.5], [0.6, 0.5]);
        await press(view.getByRole("slider", { name: "Share of the picture's pixels" }), "ArrowRight", "ArrowRight");
        await press(view.getByRole("radio", { name: "insertion" }), "ArrowRight");
        await press(view.getByLabel("Removed pixels become"), "ArrowDown");
        assert.deepEqual(await answer(), [32, "deletion", 1]);
      });
    });

    test("the dark theme reaches every widget", async () => {
      const { page } = front;
      await page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })");
      await page.waitForFunction("document.body.dataset.jpThemeLight === 'false'");
      for (const [name, selector] of [
        ["viewer", ".sl-viewer"],
        ["comparison", ".sl-comparison"],
        ["cases", ".sl-cases"],
        ["claim", ".sl-claim"],
      ] as const) {
        const view = front.cell(at(name)).locator(selector);
        for (const part of ["h3, h4, .sl-caption", ".js-plotly-plot .xtick text, .js-plotly-plot .ytick text"]) {
          const words = view.locator(part).filter({ visible: true }).first();
          let [text, back] = ["", ""];
          for (let tries = 0; !back || (contrast(text, back) < 4.5 && tries < 50); tries++) {
            if (tries > 0) await page.waitForTimeout(100);
            [text, back] = await words.evaluate(coloursOf);
          }
          assert.ok(contrast(text, back) >= 4.5, `${name}: ${text} on ${back}`);
        }
        await front.keep(`${app}-dark-${name}`, view);
      }
      await page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })");
      assert.deepEqual(ours(front.problems), []);
    });

    test("ProgressPanel comes by itself; its Cancel button ends the work, by mouse and by keyboard", async () => {
      for (const [way, cancel] of [
        ["mouse", (button: Locator) => button.click()],
        ["keyboard", (button: Locator) => press(button, "Enter")],
      ] as const) {
        const { count } = (await front.cells())[at("work")];
        await front.start(at("work"));
        const panel = front.cell(at("work")).locator(".sl-panel");
        await panel.locator(".sl-preview-figure:not([hidden]) canvas").waitFor();
        await front.keep(`${app}-progress`, panel);
        await cancel(panel.getByRole("button", { name: "Cancel" }));
        const { outputs } = await front.done(at("work"), count);
        assert.equal(outputs.at(-1)?.text, '"aborted"', way);
        await panel.locator("xpath=self::*[@data-state='cancelled']").waitFor();
      }
      assert.deepEqual(ours(front.problems), []);
    });
  });
}
