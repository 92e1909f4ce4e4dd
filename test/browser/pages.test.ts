import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { htmlPage } from "../../src/core/html.js";
import { Evaluation } from "../../src/evaluate/evaluation.js";
import { exportHtml } from "../../src/export/export-html.js";
import { visualize } from "../../src/render/visualize.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade } from "../support/explanations.js";
import { keep, launch, missingForBrowser } from "./support.js";

const skip = missingForBrowser();
const LONG = "averyverylonglabelwithoutanyblankthatdoesnotfitthewidthofaphoneatall";

let browser: Browser;
let folder: string;
before(async () => {
  if (skip) return;
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "sightline-pages-"));
});
after(async () => {
  if (skip) return;
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

function explanation() {
  const model = { ...blobModel(64, 64, { x: 16, y: 16, width: 16, height: 16 }), labels: [LONG, "rest"] };
  const image = { data: new Uint8Array(3 * 64 * 64).map((_, i) => i % 251), width: 64, height: 64 };
  const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  return handmade(model, image, { data, width: 8, height: 8, signed: true });
}

const target = { index: 0, label: LONG, probability: 0.5 };
const measurement = (metric: string) => ({
  metric,
  better: "higher" as const,
  value: 0.25,
  passes: 1,
  milliseconds: 1,
});
const evaluation = new Evaluation({
  image: "a.png",
  model: "m",
  seed: 0,
  rows: ["recipro-cam", "integrated-gradients"].map((name) => ({
    name,
    method: name,
    target,
    measurements: ["insertion", "deletion", "average-drop", "pointing", "relevance-mass", "cost"].map(measurement),
  })),
});

const table = `| a | b | c |\n| --- | --- | --- |\n| ${LONG} | ${LONG} | ${LONG} |\n`;
const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [
    { cell_type: "markdown", id: "a", metadata: {}, source: `# A *long* notebook\n\n${table}\n${LONG}` },
    {
      ...{ cell_type: "code", id: "b", metadata: {}, execution_count: 1, source: `const ${LONG} = "${LONG}";` },
      outputs: [
        { output_type: "stream", name: "stdout", text: LONG.repeat(4) },
        { output_type: "display_data", metadata: {}, data: { "text/html": evaluation.html() } },
        {
          ...{ output_type: "display_data", metadata: {} },
          data: { "application/vnd.plotly.v1+json": { data: [{ y: [1, 2] }], layout: { width: 1200 } } },
        },
      ],
    },
  ],
};

const PAGES: Readonly<Record<string, (file: string) => Promise<void>>> = {
  notebook: async (file) => {
    await writeFile(`${file}.ipynb`, JSON.stringify(notebook));
    await exportHtml(`${file}.ipynb`, file);
  },
  widgets: (file) => exportHtml([new SaliencyViewer(explanation())], file, { title: "Two hills" }),
  figure: async (file) => (await visualize(explanation())).save(file),
  evaluation: async (file) =>
    writeFile(file, htmlPage({ title: "Evaluation", body: `<h1>Evaluation</h1>${evaluation.html()}` })),
};

for (const [name, write] of Object.entries(PAGES)) {
  describe(`the page of a ${name}`, { skip }, () => {
    let url: string;
    before(async () => {
      if (skip) return;
      const file = join(folder, `${name}.html`);
      await write(file);
      url = pathToFileURL(file).href;
    });

    test("has one heading and a policy, and raises no error", async () => {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
      const problems: string[] = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(url);
      await page.waitForLoadState("networkidle");
      assert.equal(await page.locator("h1").count(), 1);
      assert.match(await page.locator("h1").innerText(), /\S/);
      assert.doesNotMatch(await page.locator("body").innerText(), /undefined|NaN/);
      assert.equal(await page.locator("meta[http-equiv=Content-Security-Policy]").count(), 1);
      assert.deepEqual(problems, []);
      await page.close();
    });

    test("scrolls only downwards on a phone, in dark colours that can be read", async () => {
      const context = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme: "dark" });
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForLoadState("networkidle");
      await page.waitForTimeout(300);
      const [needed, given] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
      assert.ok(needed <= given, `${needed} pixels wide on a screen of ${given}`);
      const brightness = "getComputedStyle(document.body).color.match(/\\d+/g).slice(0, 3).map(Number)";
      assert.ok(
        ((await page.evaluate(brightness)) as number[]).every((part) => part > 180),
        "text is light",
      );
      await keep(page, `page-${name}-phone`);
      await page.close();
    });

    test("is cut on paper only between tables, charts, pictures and widgets", async () => {
      const page = await browser.newPage();
      await page.goto(url);
      await page.waitForLoadState("networkidle");
      await page.emulateMedia({ media: "print" });
      const cut = `[...document.querySelectorAll("table, tr, figure, main img, .widget, .figure, canvas")]
        .filter((element) => !element.closest("dialog"))
        .filter((element) => getComputedStyle(element).breakInside !== "avoid").map(({ tagName }) => tagName)`;
      assert.deepEqual(await page.evaluate(cut), []);
      await page.close();
    });
  });
}

test("a finger scrolls the page over a viewer, until the reader has zoomed in", { skip }, async () => {
  const file = join(folder, "touched.html");
  await exportHtml(
    [1, 2, 3].map(() => new SaliencyViewer(explanation())),
    file,
  );
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  const frame = page.locator(".sl-frame").first();
  await page.locator(".sl-viewer[data-paint]").nth(2).waitFor();
  const devtools = await context.newCDPSession(page);
  const swipe = async () => {
    await frame.scrollIntoViewIfNeeded();
    const was = Number(await page.evaluate("scrollY"));
    const box = await frame.boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
      devtools.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", { x, y });
    for (let step = 1; step <= 10; step++) {
      await touch("touchMove", { x, y: y - 15 * step });
      await page.waitForTimeout(20);
    }
    await touch("touchEnd");
    await page.waitForTimeout(300);
    return Number(await page.evaluate("scrollY")) - was;
  };
  assert.ok((await swipe()) > 100, "it scrolls");
  await page.evaluate("scrollTo(0, 0)");
  await page.getByRole("button", { name: "Zoom in" }).first().click();
  await page.locator(".sl-frame[data-zoomed]").waitFor();
  assert.equal(await swipe(), 0, "it moves the picture");
  await context.close();
});

test("a chart that was drawn for a wide screen is whole on paper", { skip }, async () => {
  const file = join(folder, "chart.html");
  await PAGES.notebook(file);
  const page = await (await browser.newContext({ viewport: { width: 1600, height: 900 } })).newPage();
  await page.goto(pathToFileURL(file).href);
  await page.locator(".main-svg").first().waitFor();
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 680, height: 900 });
  const edges = "[...document.querySelectorAll('.main-svg')].map((svg) => svg.getBoundingClientRect().right)";
  for (const right of (await page.evaluate(edges)) as number[]) assert.ok(right <= 680, `ends at ${right} of 680`);
  await page.close();
});
