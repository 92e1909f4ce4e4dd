import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { useWrapper } from "../../src/widgets/sightline-widget.js";
import { savedState } from "../../src/widgets/state.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";
import { FrontEnd, ours } from "./front-end.js";
import { keep, launch, missingForBrowser, openPage, root, startJupyter } from "./support.js";

/**
 * A host as anywidget's front-end interface has it: one module with `render({ model, el })` that returns its clean-up, and
 * a model with get, set, save_changes, on, off and send. Binary traits arrive as DataView.
 */
const host = `<!doctype html><meta charset="utf-8"><div id="place"></div>
<script type="application/json" id="state">STATE</script>
<script type="module">
const { state, buffers } = JSON.parse(document.getElementById("state").textContent);
for (const { path, data } of buffers) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const home = path.slice(0, -1).reduce((part, key) => part[key], state);
  home[path.at(-1)] = new DataView(bytes.buffer);
}
const listeners = new Map();
const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
const pending = {};
globalThis.saved = [];
globalThis.sent = [];
const model = {
  get: (name) => state[name],
  set(name, value) {
    state[name] = pending[name] = value;
    for (const listener of [...of("change:" + name)]) listener();
  },
  save_changes() { saved.push(structuredClone(pending)); for (const name in pending) delete pending[name]; },
  on: (event, listener) => void of(event).add(listener),
  off: (event, listener) => void of(event).delete(listener),
  send(content, callbacks, buffers) {
    sent.push(content);
    if (content.type === "charts") {
      const reply = [new DataView(new TextEncoder().encode(charts.textContent).buffer)];
      setTimeout(() => { for (const listener of [...of("msg:custom")]) listener({ type: "charts" }, reply); });
    }
  },
};
const module = await import(URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" })));
const leave = await module.default.render({ model, el: document.getElementById("place") });
globalThis.leave = () => { leave(); return [...listeners.values()].reduce((sum, { size }) => sum + size, 0); };
</script>`;

test("an anywidget host shows a viewer from the module that travels with it, and hears what the reader chose", {
  skip: missingForBrowser(),
}, async () => {
  useWrapper("anywidget");
  const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const data = Float32Array.from({ length: 256 }, (_, i) => (i % 16) - 6);
  const viewer = new SaliencyViewer(handmade(model, plain(64, 48, 200), { data, width: 16, height: 16, signed: true }));
  useWrapper("extension");
  const saved = (await savedState([viewer])).state[viewer.modelId];
  assert.deepEqual(
    [saved.model_module, saved.model_name, saved.state._view_name],
    ["anywidget", "AnyModel", "AnyView"],
  );
  const folder = await mkdtemp(join(tmpdir(), "sightline-anywidget-"));
  const browser = await launch();
  try {
    const json = JSON.stringify({ state: saved.state, buffers: saved.buffers }).replaceAll("<", "\\u003c");
    const charts =
      '<script type="text/plain" id="charts">globalThis.SightlinePlotly={newPlot:async(el)=>{el.textContent="drawn"},purge(){},Plots:{resize(){}}}</script>';
    await writeFile(
      join(folder, "host.html"),
      host.replace("STATE", () => json).replace("<script", () => `${charts}<script`),
    );
    const { page, problems } = await openPage(browser);
    await page.goto(pathToFileURL(join(folder, "host.html")).href);
    await page.locator(".sl-viewer[data-paint]").waitFor();
    await page.locator(".sl-plot", { hasText: "drawn" }).waitFor();
    await page.getByRole("slider", { name: "Show values, lower end" }).focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
    const { config } = (await page.evaluate("saved.at(-1)")) as { config: Clipping };
    assert.ok(isRaised(config), JSON.stringify(config));
    assert.deepEqual(await page.evaluate("sent"), [{ type: "charts" }]);
    await keep(page, "anywidget");
    assert.equal(await page.evaluate("leave()"), 0, "every listener is gone");
    assert.equal(await page.locator("#place > *").count(), 0);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("the anywidget package itself, in JupyterLab, shows a viewer of our kernel and tells it what the reader chose", {
  skip: missingForBrowser(),
}, async () => {
  await using jupyter = await startJupyter("lab");
  const browser = await launch();
  try {
    await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    const url = await jupyter.notebook("anywidget.ipynb", [
      `import { explain, loadModel } from "sightline";
import { SaliencyViewer, useWrapper } from "sightline/widgets";
useWrapper("anywidget");
const model = await loadModel("honest.onnx");
const viewer = new SaliencyViewer(await explain(model, "coffee.png", { targets: "top:2", method: "recipro-cam" }));
viewer`,
      "console.log(JSON.stringify(viewer.config))",
    ]);
    await using front = await FrontEnd.open(browser, url, { width: 1400, height: 1000 });
    await front.run(0);
    const view = front.cell(0).locator(".sl-viewer[data-paint]");
    await view.waitFor();
    await front.page.getByRole("slider", { name: "Show values, lower end" }).focus();
    for (let i = 0; i < 5; i++) await front.page.keyboard.press("ArrowRight");
    await view.locator(".js-plotly-plot").first().waitFor();
    // the front end holds changes back while one is under way; once a cell has run they are with the kernel
    await front.run(1);
    const { outputs } = await front.run(1);
    assert.ok(isRaised(JSON.parse(outputs[0].text)), outputs[0].text);
    await front.keep("anywidget-lab", view);
    assert.deepEqual(ours(front.problems), []);
  } finally {
    await browser.close();
  }
});

interface Clipping {
  clip_below_percentile: number;
  clip_above_percentile: number;
}

/** The handle moves along the values; which share of them it has passed is the map's own. */
function isRaised({ clip_below_percentile: below, clip_above_percentile: above }: Clipping): boolean {
  return below > 0 && below < 100 && above === 100;
}
