import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { htmlPage } from "../../src/core/html.js";
import { exportHtml } from "../../src/export/export-html.js";
import { fixture } from "../support/fixtures.js";
import { launch, missingForBrowser } from "./support.js";

const skip = missingForBrowser();
const HIT = "globalThis.hacked='HIT'";
const IMG = `<img src=x onerror="${HIT}">`;
const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";
const PLOTLY = "application/vnd.plotly.v1+json";
const CONTROLS = "@jupyter-widgets/controls";

let browser: Browser;
let folder: string;
let server: Server;
let host: string;
const asked: string[] = [];
before(async () => {
  if (skip) return;
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "sightline-hostile-"));
  server = createServer(({ url }, response) => {
    asked.push(String(url));
    response.setHeader("access-control-allow-origin", "*");
    response.end(`${HIT};define([],()=>({}))`);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  if (skip) return;
  await browser.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Cell {
  cell_type: "code" | "markdown";
  source: string;
  outputs?: object[];
}

const shown = (data: object): Cell => ({
  cell_type: "code",
  source: "1",
  outputs: [{ output_type: "display_data", metadata: {}, data }],
});
const markdown = (source: string): Cell => ({ cell_type: "markdown", source });
const viewOf = (id: string) => ({ [VIEW]: { version_major: 2, version_minor: 0, model_id: id }, "text/plain": "w" });
const model = (name: string, state: object, module = CONTROLS, more: object = {}) => ({
  ...{ model_name: `${name}Model`, model_module: module, model_module_version: "2.0.0", state },
  ...more,
});

function notebook(cells: readonly Cell[], widgets: Record<string, object> = {}): string {
  const complete = cells.map((cell, i) => ({
    ...{ id: `c${i}`, metadata: {} },
    ...(cell.cell_type === "code" && { execution_count: 1, outputs: [] }),
    ...cell,
  }));
  const state = { version_major: 2, version_minor: 0, state: widgets };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { widgets: { [STATE]: state } }, cells: complete });
}

/** Exports a notebook and opens its page; whatever it asks for is found out. Without its policy only the cleaning holds. */
async function open(
  name: string,
  content: string,
  { withoutPolicy = false } = {},
): Promise<{ page: Page; requests: string[] }> {
  const file = join(folder, `${name}.ipynb`);
  await writeFile(file, content.replaceAll("http://127.0.0.1:8899", host));
  await exportHtml(file, join(folder, `${name}.html`));
  const context = await browser.newContext({ bypassCSP: withoutPolicy });
  const page = await context.newPage();
  const requests: string[] = [];
  const url = pathToFileURL(join(folder, `${name}.html`)).href;
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && request.url() !== url) requests.push(request.url());
  });
  await page.goto(url);
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
  return { page, requests };
}

test("the policy alone stops what no cleaning took out; without it the same page runs code and asks a server", {
  skip,
}, async () => {
  const body = `${IMG}<script>${HIT}</script><script src="${host}/s.js"></script><img src="${host}/i.png">
<p style="background:url(${host}/c.png)">p</p><iframe src="${host}/f"></iframe><link rel="stylesheet" href="${host}/l.css">`;
  const file = join(folder, "raw.html");
  await writeFile(file, htmlPage({ title: "raw", body }));
  for (const withoutPolicy of [false, true]) {
    asked.length = 0;
    const page = await (await browser.newContext({ bypassCSP: withoutPolicy })).newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForLoadState("networkidle");
    assert.equal(await page.evaluate("globalThis.hacked"), withoutPolicy ? "HIT" : undefined);
    assert.deepEqual(asked.sort(), withoutPolicy ? ["/c.png", "/f", "/i.png", "/l.css", "/s.js"] : []);
    await page.close();
  }
});

async function assertHarmless(name: string, content: string, options = {}): Promise<Page> {
  asked.length = 0;
  const { page, requests } = await open(name, content, options);
  assert.deepEqual([requests, asked], [[], []], "nobody is asked for anything");
  assert.equal(await page.evaluate("globalThis.hacked"), undefined, "nothing ran");
  // whatever stands on the page, a click on its foot still reaches the foot
  await page.evaluate(`{
    const foot = document.createElement("p");
    foot.id = "foot";
    foot.textContent = "foot";
    document.querySelector("main").append(foot);
    foot.scrollIntoView();
  }`);
  const top = "{ const box = foot.getBoundingClientRect(); document.elementFromPoint(box.x + 4, box.y + 4).id }";
  assert.equal(await page.evaluate(top), "foot", "nothing covers the page");
  return page;
}

test("the notebooks of the fixtures run nothing and ask nobody", { skip }, async (t) => {
  for (const name of await readdir(fixture("hostile"))) {
    for (const withoutPolicy of [false, true]) {
      await t.test(`${name}${withoutPolicy ? ", its policy removed" : ""}`, async () => {
        const content = await readFile(fixture(`hostile/${name}`), "utf8");
        const page = await assertHarmless(name, content, { withoutPolicy });
        await page.close();
      });
    }
  }
});

const layout = { lay: model("Layout", {}, "@jupyter-widgets/base") };
const html = (value: string, more: object = {}) => model("HTML", { layout: "IPY_MODEL_lay", value, ...more });

const CASES: readonly (readonly [
  name: string,
  cells: (host: string) => Cell[],
  widgets?: (host: string) => Record<string, object>,
])[] = [
  [
    "HTML in descriptions, placeholders, tooltips, titles and options",
    () => [shown(viewOf("box"))],
    () => ({
      ...layout,
      text: model("Text", {
        description: IMG,
        description_allow_html: true,
        placeholder: IMG,
        tooltip: IMG,
        value: IMG,
      }),
      math: model("HTMLMath", { value: IMG, description: IMG, description_allow_html: true }),
      label: model("Label", { value: IMG }),
      toggles: model("ToggleButtons", { _options_labels: [IMG], icons: [`x"></i>${IMG}`], tooltips: [IMG], index: 0 }),
      button: model("Button", { description: IMG, icon: `x ${IMG}`, tooltip: IMG }),
      tab: model("Tab", { children: ["IPY_MODEL_label"], titles: [IMG], selected_index: 0 }),
      select: model("Select", { _options_labels: [IMG], index: 0 }),
      box: model("VBox", {
        children: ["text", "math", "label", "toggles", "button", "tab", "select"].map((id) => `IPY_MODEL_${id}`),
      }),
    }),
  ],
  [
    "names of models and views that are code",
    () => [shown(viewOf("a")), shown(viewOf("b")), shown(viewOf("c")), shown(viewOf("d"))],
    (server) => ({
      a: { model_name: IMG, model_module: CONTROLS, model_module_version: "2.0.0", state: {} },
      b: model("HTML", { value: "b", _view_name: IMG, _view_module: `${server}/view.js` }),
      c: model("X", {}, `data:text/javascript,${HIT}`),
      d: model("HTML", { value: "d", _model_module: `${server}/m.js`, _view_module: "https://cdn.jsdelivr.net/x" }),
    }),
  ],
  [
    "an anywidget with code and style of its own",
    () => [shown(viewOf("a")), shown(viewOf("b"))],
    (server) => ({
      a: model("Any", { _esm: HIT, _css: `@import "${server}/css"`, _anywidget_id: "evil" }, "anywidget"),
      b: model("Any", { _esm: HIT, _anywidget_id: "sightline.x", kind: "saliency-viewer" }, "anywidget"),
    }),
  ],
  [
    "an Output widget's HTML, scripts, streams and nested views",
    () => [shown(viewOf("out"))],
    (server) => ({
      h: html(IMG),
      out: model(
        "Output",
        {
          outputs: [
            { output_type: "display_data", metadata: {}, data: { "text/html": `${IMG}<script>${HIT}</script>` } },
            { output_type: "display_data", metadata: {}, data: { "application/javascript": HIT, "text/plain": "j" } },
            {
              output_type: "display_data",
              metadata: {},
              data: { "text/html": `<link rel=stylesheet href=${server}/s>` },
            },
            { output_type: "display_data", metadata: {}, data: { "image/svg+xml": `<svg onload="${HIT}"></svg>` } },
            {
              output_type: "display_data",
              metadata: {},
              data: { "text/markdown": `${IMG}\n\n![x](${server}/md.png)` },
            },
            { output_type: "stream", name: "stdout", text: IMG },
            { output_type: "error", ename: IMG, evalue: IMG, traceback: [IMG] },
            { output_type: "display_data", metadata: {}, data: viewOf("h") },
          ],
        },
        "@jupyter-widgets/output",
      ),
    }),
  ],
  [
    "pictures, sounds and films that lie elsewhere",
    () => [shown(viewOf("box"))],
    (server) => {
      const url = (path: string) => ({
        buffers: [{ path: ["value"], encoding: "base64", data: Buffer.from(`${server}/${path}`).toString("base64") }],
      });
      return {
        i: model("Image", { format: "url", value: null }, CONTROLS, url("image")),
        a: model("Audio", { format: "url", value: null, autoplay: true }, CONTROLS, url("audio")),
        v: model("Video", { format: "url", value: null, autoplay: true }, CONTROLS, url("video")),
        s: model("Image", { format: "svg+xml", value: null }, CONTROLS, {
          buffers: [
            {
              path: ["value"],
              encoding: "base64",
              data: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><image href="${server}/svg"/></svg>`).toString(
                "base64",
              ),
            },
          ],
        }),
        box: model("HBox", { children: ["IPY_MODEL_i", "IPY_MODEL_a", "IPY_MODEL_v", "IPY_MODEL_s"] }),
      };
    },
  ],
  [
    "layouts and styles that ask the network or cover the page",
    () => [shown(viewOf("b")), shown(viewOf("h"))],
    (server) => ({
      lay: model(
        "Layout",
        { width: "5000px", height: "9000px", margin: "-3000px", top: "0", border_top: `url(${server}/b)` },
        "@jupyter-widgets/base",
      ),
      sty: model("ButtonStyle", { button_color: `url(${server}/c)`, font_family: `x;background:url(${server}/f)` }),
      b: model("Button", {
        layout: "IPY_MODEL_lay",
        style: "IPY_MODEL_sty",
        description: "b",
        _dom_classes: ["lm-DockPanel-overlay"],
      }),
      h: html(`<div style="position:fixed;inset:0;background:url(${server}/h)">overlay</div>`),
    }),
  ],
  [
    "charts with pictures, maps and markup",
    (server) => [
      shown({
        [PLOTLY]: { data: [{ y: [1] }], layout: { template: { layout: { images: [{ source: `${server}/t.png` }] } } } },
      }),
      shown({ [PLOTLY]: { data: [{ type: "image", source: `${server}/i.png` }], layout: {} } }),
      shown({
        [PLOTLY]: {
          data: [{ type: "scattergeo", lat: [1], lon: [1] }],
          layout: {},
          config: { topojsonURL: `${server}/` },
        },
      }),
      shown({
        [PLOTLY]: {
          data: [{ type: "scattermap", lat: [1], lon: [1] }],
          layout: { map: { style: `${server}/style.json` } },
        },
      }),
      shown({
        [PLOTLY]: {
          data: [{ y: [1], marker: { pattern: { shape: `url(${server}/p)` } } }],
          layout: { paper_bgcolor: `url(${server}/q)` },
        },
      }),
      shown({
        [PLOTLY]: {
          data: [{ y: [1], text: `<a href="javascript:${HIT}">x</a>${IMG}`, mode: "text" }],
          layout: { title: { text: `<script>${HIT}</script></script>${IMG}` } },
          config: { plotlyServerURL: server },
        },
      }),
      shown({ [PLOTLY]: { data: "no", layout: IMG }, "text/plain": "p" }),
    ],
  ],
  [
    "markup in every text of a notebook",
    (server) => [
      markdown(`# ${IMG}\n\n![a](${server}/a.png) <img src="//${server.slice(7)}/b.png"> [x](javascript:${HIT})`),
      markdown(
        `<svg><rect fill="url(${server}/c#a)" style="fill:url(${server}/d)" width="9" height="9"/><foreignObject>${IMG}</foreignObject></svg>`,
      ),
      markdown(
        `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${HIT}&gt;"></math>`,
      ),
      markdown(`<form><math><mtext></form><form><mglyph><style></math>${IMG}`),
      markdown(`<table background="${server}/e"><tr><td background="${server}/f">x</td></tr></table>`),
      shown({
        "text/html": `<object data="${server}/g"></object><iframe srcdoc='${IMG}'></iframe><meta http-equiv=refresh content="0;url=${server}/h">`,
      }),
      shown({
        "text/html": `<div style="background:u\\72l(${server}/i);b:url(${server}/j)">x</div><link rel=preload href=${server}/k as=image>`,
      }),
      { cell_type: "code", source: `${IMG}</code></pre><script>${HIT}</script>`, outputs: [] },
      shown({ "text/latex": IMG, "application/json": IMG }),
      shown({ "image/png": `x" onerror="${HIT}` }),
    ],
  ],
  [
    "state that is no state",
    () => [shown(viewOf("a")), shown(viewOf("__proto__")), shown(viewOf("b")), shown({ [VIEW]: 3, "text/plain": "w" })],
    () => ({
      a: model("HTML", { value: "shown all the same" }, CONTROLS, {
        buffers: [
          ...[
            { path: ["__proto__", "polluted"] },
            { path: ["constructor", "prototype", "polluted"] },
            { path: "value" },
          ],
          ...[{ path: [] }, { path: ["no", "such", "place"] }, { path: [null] }, {}, null, 3],
        ].map((buffer) =>
          typeof buffer === "object" && buffer ? { encoding: "base64", data: "AAAA", ...buffer } : buffer,
        ),
      }),
      b: 3 as never,
      c: model("HTML", [] as never),
      d: null as never,
    }),
  ],
];

for (const [name, cells, widgets] of CASES) {
  for (const withoutPolicy of [false, true]) {
    test(`harmless: ${name}${withoutPolicy ? ", the page's policy removed" : ""}`, { skip }, async () => {
      const content = notebook(cells(host), widgets?.(host));
      const page = await assertHarmless(name.replaceAll(/\W+/g, "-"), content, { withoutPolicy });
      assert.equal(await page.evaluate("({}).polluted"), undefined);
      if (name === "state that is no state") await page.getByText("shown all the same").waitFor();
      await page.close();
    });
  }
}

test("a widget that holds itself, or too many others, does not keep the page from opening", { skip }, async () => {
  const box = (...ids: string[]) => model("VBox", { children: ids.map((id) => `IPY_MODEL_${id}`) });
  const deep = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`deep${i}`, box(`deep${i + 1}`)]));
  const wide = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`wide${i}`, box(...Array(9).fill(`wide${i + 1}`))]),
  );
  const widgets = {
    ...{ self: box("self"), a: box("b"), b: box("a", "fine"), fine: html("still here") },
    ...{ ...deep, deep3000: html("deep") },
    ...{ ...wide, wide12: html("wide") },
    out: model(
      "Output",
      { outputs: [{ output_type: "display_data", metadata: {}, data: viewOf("around") }] },
      "@jupyter-widgets/output",
    ),
    around: box("out"),
  };
  const cells = ["self", "a", "deep0", "wide0", "around"].map((id) => shown(viewOf(id)));
  const page = await assertHarmless("knots", notebook(cells, widgets));
  await page.getByText("still here").waitFor();
  assert.ok((await page.getByText("saved pages do not show").count()) >= 5);
  await page.close();
});

test("what a notebook may do, it still does: controls move, links hold, sanitised HTML and pictures are there", {
  skip,
}, async () => {
  const widgets = {
    lay: model("Layout", { width: "300px" }, "@jupyter-widgets/base"),
    one: model("IntSlider", { layout: "IPY_MODEL_lay", value: 3, min: 0, max: 9, description: "one" }),
    two: model("IntText", { value: 3, description: "two" }),
    link: model("Link", { source: ["IPY_MODEL_one", "value"], target: ["IPY_MODEL_two", "value"] }),
    play: model("Play", { value: 0, description: "play" }),
    text: html('<b style="color:red">bold</b>'),
    box: model("VBox", { children: ["one", "two", "play", "text", "gone"].map((id) => `IPY_MODEL_${id}`) }),
  };
  const { page, requests } = await open(
    "alive",
    notebook([markdown("# A heading of `code`"), shown(viewOf("box"))], widgets),
  );
  await page.locator(".widget-slider .noUi-handle").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".widget-text input").inputValue(), "4");
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('b')).color"), "rgb(255, 0, 0)");
  const box = await page.locator(".widget-slider").boundingBox();
  assert.equal(Math.round(box?.width ?? 0), 300);
  assert.equal(await page.title(), "A heading of code");
  const font = "document.fonts.check('900 16px \"Font Awesome 5 Free\"')";
  assert.equal(await page.evaluate(font), true, "the icons' font is in the page");
  assert.deepEqual(requests, []);
  await page.close();
});
