import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import sharp from "sharp";
import { audit, type Row } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { type Displayable, displaySymbol } from "../../src/core/display.js";
import { throwIfAborted } from "../../src/core/errors.js";
import { workHost } from "../../src/core/work.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { joinBuffers } from "../../src/widgets/buffers.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { MethodComparison } from "../../src/widgets/method-comparison.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { PositiveNegativePanes } from "../../src/widgets/positive-negative-panes.js";
import { ProgressPanel, watchWork } from "../../src/widgets/progress-panel.js";
import { regionFromRuns, regionToRuns } from "../../src/widgets/region-runs.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import type { AppendedMessage, ViewerWork, WireExplanation } from "../../src/widgets/traits/index.js";
import { folder, pictureFolder } from "../audit/pictures.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";
import { FakeHost, settle } from "./fake-host.js";

const HOSTILE = '<img src=x onerror="alert(1)">';
const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
const white = plain(16, 16, 255);
const map = Float32Array.from({ length: 256 }, (_, i) => (i % 16 >= 4 && i % 16 < 8 && i >= 64 && i < 128 ? 1 : 0));
const explanation = () => handmade(model, white, { data: map, width: 16, height: 16 });

async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

test("a viewer sends its map once, as the very floats, and its picture without loss", async () => {
  const viewer = new SaliencyViewer(explanation(), { config: { overlay_weight: 0.3 } });
  const bundle = await viewer[displaySymbol]();
  const opened = host.take().at(-1)!;
  const state = opened.data.state as Record<string, unknown>;
  assert.deepEqual(
    [state._model_module, state._model_name, state._view_name, state.kind, state.shown, state.target, state.config],
    ["sightline", "SightlineModel", "SightlineView", "saliency-viewer", 0, 0, { overlay_weight: 0.3 }],
  );
  assert.deepEqual(opened.data.buffer_paths, [
    ["explanations", 0, "panels", "view", "picture"],
    ["explanations", 0, "maps", 0, "data"],
  ]);
  const [picture, data] = opened.buffers;
  assert.deepEqual(new Float32Array(data.slice().buffer), map);
  const { data: pixels, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [384, 384, 3]);
  assert.ok(pixels.every((value) => value === 255));
  assert.ok(bundle["image/png"] && bundle["text/html"] && bundle["application/vnd.jupyter.widget-view+json"]);

  host.say(viewer.modelId, { method: "update", state: { config: { clip_below_percentile: 30 }, target: 7 } });
  await settle();
  assert.deepEqual(viewer.config, { clip_below_percentile: 30 });
  assert.equal(viewer.get("target"), 0);
  host.say(viewer.modelId, { method: "update", state: { explanations: [] } });
  assert.equal(viewer.get("explanations").length, 1);
});

test("a viewer explains by another method when the reader asks, and by none that it does not offer", async () => {
  const viewer = new SaliencyViewer(explanation(), { model, methods: ["feature-ablation"] });
  await viewer[displaySymbol]();
  assert.deepEqual(viewer.get("methods"), ["feature-ablation"]);
  host.take();
  for (const method of ["rise", "feature-ablation"]) {
    host.say(viewer.modelId, { method: "custom", content: { type: "explain", method } });
  }
  await until(() => viewer.get("shown") === 1);
  await viewer.flush();
  assert.deepEqual(
    [viewer.explanation.provenance.method, viewer.explanation.image.name, viewer.get("message")],
    ["feature-ablation", explanation().image.name, ""],
  );
  assert.deepEqual([viewer.get("explanations").length, viewer.get("count")], [2, 2]);
  const sent = host.take();
  const states = sent.map(({ data }) => (data.state ?? {}) as { work?: ViewerWork | null; explanations?: unknown });
  const told = states.map(({ work }) => work).filter((work) => work !== undefined);
  assert.deepEqual(told[0], { method: "feature-ablation", done: 0, total: 0, left: null, maps: [] });
  assert.equal(told.at(-1), null);
  assert.ok(!states.some(({ explanations }) => explanations), "what the page has is not sent again");
  const added = sent.filter(({ data }) => (data.content as { type?: string } | undefined)?.type === "appended");
  assert.equal(added.length, 1);
  const { index, state, buffer_paths } = added[0].data.content as unknown as AppendedMessage;
  assert.equal(index, 1);
  const item = joinBuffers({ ...state }, buffer_paths, added[0].buffers).item as WireExplanation;
  const made = viewer.get("explanations")[1];
  assert.deepEqual([item.maps, item.panels, item.provenance], [made.maps, made.panels, made.provenance]);
  host.say(viewer.modelId, { method: "custom", content: { type: "reload" } });
  await viewer.flush();
  const [{ data }] = host.take();
  assert.equal((data.state as { explanations: unknown[] }).explanations.length, 2, "a page that missed one gets all");
});

test("an explanation that the reader asks for sharpens in the viewer, and Cancel leaves what was shown", async () => {
  const wait = async (signal: AbortSignal | undefined) => {
    await new Promise((done) => setTimeout(done, 20));
    throwIfAborted(signal);
  };
  const slow: typeof model = {
    ...model,
    run: (input, control) => wait(control?.signal).then(() => model.run(input, control)),
    masked: (batch, control) => wait(control?.signal).then(() => model.masked(batch, control)),
  };
  const viewer = new SaliencyViewer(explanation(), { model: slow, methods: ["rise"] });
  await viewer[displaySymbol]();
  host.running = "a cell";
  host.say(viewer.modelId, { method: "custom", content: { type: "explain", method: "rise" } });
  await until(() => (viewer.get("work")?.maps.length ?? 0) > 0);
  const { method, done, total, maps } = viewer.get("work")!;
  assert.deepEqual([method, maps.length, maps[0].signed], ["rise", 1, true]);
  assert.ok(done > 0 && done < total, `${done} of ${total}`);
  const floats = new Float32Array(maps[0].data.slice().buffer);
  assert.ok(floats.length === maps[0].width * maps[0].height && floats.every(Number.isFinite));
  host.say(viewer.modelId, { method: "custom", content: { type: "cancel" } });
  assert.deepEqual([viewer.get("work"), viewer.get("message"), viewer.get("shown")], [null, "", 0]);
  await new Promise((after) => setTimeout(after, 200));
  const { passes } = model;
  await new Promise((after) => setTimeout(after, 200));
  assert.equal(model.passes, passes, "the work stops");
  assert.deepEqual([viewer.get("work"), viewer.get("explanations").length], [null, 1]);
  assert.deepEqual(host.displayed, [], "no panel shows a second time what the viewer shows");
});

test("measuring curves tells how far it is, stops when the reader cancels, and goes on from there", async () => {
  const scrubber = new CurveScrubber(model, white, explanation(), { baselines: ["black", "mean"], nulls: 3 });
  const seen: (number | undefined)[] = [];
  scrubber.observe("progress", (progress) => void seen.push(progress?.total));
  scrubber.observe("curves", () => host.say(scrubber.modelId, { method: "custom", content: { type: "cancel" } }));
  await scrubber[displaySymbol]();
  await scrubber.measured();
  assert.deepEqual(
    [scrubber.get("state"), scrubber.get("curves").length, scrubber.get("progress")],
    ["cancelled", 2, null],
  );
  assert.ok(seen.includes(2 * 2 * 4), JSON.stringify(seen));
  host.say(scrubber.modelId, { method: "custom", content: { type: "measure" } });
  await until(() => scrubber.get("curves").length === 4);
  assert.deepEqual(new Set(scrubber.get("curves").map(({ baseline }) => baseline)), new Set(["black", "mean"]));
});

test("a method that does not suit the model says why", async () => {
  const viewer = new SaliencyViewer(explanation(), { model, methods: ["grad-cam"] });
  await viewer[displaySymbol]();
  host.say(viewer.modelId, { method: "custom", content: { type: "explain", method: "grad-cam" } });
  await until(() => viewer.get("message") !== "");
  assert.equal(viewer.get("work"), null);
  assert.equal(viewer.get("explanations").length, 1);
  assert.throws(() => new SaliencyViewer(explanation(), { model, methods: ["grad-kam" as never] }), /grad-cam/);
});

test("a viewer refuses a config that visualize would refuse", () => {
  assert.throws(() => new SaliencyViewer(explanation(), { config: { color_map: "pinkgreen" } }), /pink_green/);
});

test("labels from outside are escaped in what runs no JavaScript, and travel as text", async () => {
  const odd = { ...model, labels: [HOSTILE, "rest"] };
  const e = handmade(odd, white, { data: map, width: 16, height: 16 });
  const browser = new CaseBrowser([{ ...CaseBrowser.item(e, HOSTILE), name: HOSTILE }]);
  const bundles = [await browser[displaySymbol](), await new SaliencyViewer(e)[displaySymbol]()];
  for (const bundle of bundles) assert.doesNotMatch(String(bundle["text/html"]), /<img src=x/);
  assert.equal(browser.get("items")[0].name, HOSTILE);
});

test("hiding the blob is tested at once, then beside regions elsewhere", async () => {
  const claim = new TestTheClaim(model, white, explanation(), { controls: 20 });
  await claim[displaySymbol]();
  host.take();
  const region = boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: 16, height: 16 });
  const before = model.passes;
  const gesture = { type: "test", action: "hide", fill: "black", offset: [0, 0], at: null };
  host.say(claim.modelId, { method: "custom", content: gesture }, [region.mask]);
  await until(() => claim.get("state") === "ready");
  const [entry] = claim.history;
  assert.equal(entry.change, -1);
  assert.equal(entry.claimed, 1);
  assert.equal(entry.area, 1 / 16);
  assert.equal(entry.controls.length, 20);
  assert.deepEqual(
    entry.after.map(({ label, probability }) => [label, probability]),
    [
      ["rest", 1],
      ["blob", 0],
    ],
  );
  assert.equal(model.passes - before, 2 + 22);
  const { data } = await sharp(claim.get("changed")).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([data[0], data[(5 * 16 + 5) * 3]], [255, 0]);
  const states = host.take().map(({ data: { state } }) => Object.keys((state ?? {}) as object));
  assert.deepEqual(states[0], ["state"]);
});

test("the latest gesture wins: earlier ones leave nothing behind", async () => {
  const claim = new TestTheClaim(model, white, explanation(), { controls: 2 });
  const box = (x: number) => boxRegion({ x, y: 0, width: 0.2, height: 0.2 }, { width: 16, height: 16 });
  const [first, second, third] = await Promise.all([0.1, 0.3, 0.6].map((x) => claim.test(box(x), { fill: "black" })));
  assert.deepEqual([first, second], [undefined, undefined]);
  assert.ok(third);
  assert.equal(claim.history.length, 1);
  assert.deepEqual(claim.history[0].runs, regionToRuns(box(0.6)));
});

test("moving the blob away takes its evidence along", async () => {
  const claim = new TestTheClaim(model, white, explanation(), { controls: 0 });
  const region = boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: 16, height: 16 });
  const entry = await claim.test(region, { action: "move", fill: "black", offset: [8, 0] });
  assert.equal(entry?.change, -1);
  assert.match(claim.code(), /regionFromRuns\(16, 16, \[68,4,/);
});

test("gestures of another size are ignored", async () => {
  const claim = new TestTheClaim(model, white, explanation());
  await claim[displaySymbol]();
  host.say(claim.modelId, { method: "custom", content: { type: "test" } }, [new Uint8Array(7)]);
  await settle();
  assert.equal(claim.history.length, 0);
});

test("regions survive being written as runs", () => {
  const region = { mask: Uint8Array.from([1, 1, 0, 1]), width: 2, height: 2 };
  assert.deepEqual(regionToRuns(region), [0, 2, 1, 1]);
  assert.deepEqual(regionFromRuns(2, 2, [0, 2, 1, 1]), region);
  assert.throws(() => regionFromRuns(2, 2, [3]), /expected 2 × 2/);
});

test("cases follow the thresholds, and the truth as the reader corrects it", async () => {
  const prediction = (label: string, probability: number) => ({ index: 0, label, probability });
  const items = [
    { name: "a", image: white, predictions: [prediction("cat", 0.9)], truth: "cat" },
    { name: "b", image: white, predictions: [prediction("cat", 0.9)], truth: "dog" },
    { name: "c", image: white, predictions: [prediction("cat", 0.3), prediction("dog", 0.29)] },
  ];
  const browser = new CaseBrowser(items);
  await browser[displaySymbol]();
  assert.deepEqual(browser.cases(), [
    "true positive, high confidence",
    "false positive, high confidence",
    "mixed predictions",
  ]);
  const seen: (readonly string[])[] = [];
  browser.observe("truths", (truths) => void seen.push(truths));
  host.say(browser.modelId, { method: "update", state: { truths: ["cat", "cat", "dog"], high: 0.95 } });
  assert.deepEqual(seen, [["cat", "cat", "dog"]]);
  assert.equal(browser.cases()[1], "true positive, low confidence");
  host.say(browser.modelId, { method: "update", state: { opened: 1 } });
  await settle();
  assert.match(browser.get("message"), /pass its explanation, or the model/);
  host.say(browser.modelId, { method: "update", state: { opened: 99, selection: [0, 7] } });
  assert.deepEqual([browser.get("opened"), browser.get("selection")], [null, [0]]);
});

test("opening a case sends its explanation", async () => {
  const browser = new CaseBrowser([CaseBrowser.item(explanation())]);
  await browser[displaySymbol]();
  host.take();
  host.say(browser.modelId, { method: "update", state: { opened: 0 } });
  await until(() => browser.get("explanation").length > 0);
  await browser.flush();
  const sent = host.take().at(-1)!;
  assert.deepEqual((sent.data.buffer_paths as unknown[][])[1], ["explanation", 0, "maps", 0, "data"]);
});

test("pictures of a model of one class are right when it denies what is not there", async () => {
  const { url, options } = classroom.models.binary;
  await using binary = await loadModel(url, { ...options, threads: 1 });
  const pictures = classroom.pictures({ count: 16, seed: 5 });
  const items = await Promise.all(
    pictures.map(async ({ image, label }) =>
      CaseBrowser.item(await explain(binary, image, { method: "recipro-cam" }), label === "boat" ? "boat" : "not boat"),
    ),
  );
  const browser = new CaseBrowser(items, { model: binary });
  assert.deepEqual(browser.get("labels"), ["boat", "not boat"]);
  assert.deepEqual(new Set(browser.cases()), new Set(["true positive, high confidence"]));
});

test("a progress panel tells how far, and its Cancel fires the signal", async () => {
  const panel = new ProgressPanel("rise");
  await panel[displaySymbol]();
  host.take();
  panel.progress({ done: 10, total: 100, convergence: 0.5, maps: () => [{ data: map, width: 16, height: 16 }] });
  await panel.flush();
  const [message] = host.take();
  const state = message.data.state as Record<string, unknown>;
  assert.deepEqual([state.done, state.total, state.convergence, state.map_width], [10, 100, [10, 0.5], 16]);
  assert.deepEqual(new Float32Array(message.buffers[0].slice().buffer), map);
  host.say(panel.modelId, { method: "custom", content: { type: "cancel" } });
  assert.equal(panel.signal.aborted, true);
  panel.end(panel.signal.reason);
  assert.equal(panel.get("state"), "cancelled");
});

test("work that knows how much time is left is believed; else the pace so far tells", () => {
  const panel = new ProgressPanel("audit, gone on with");
  panel.progress({ done: 900, total: 1000, secondsLeft: 25 });
  assert.equal(panel.get("left"), 25_000);
  const paced = new ProgressPanel("rise");
  paced.progress({ done: 50, total: 100 });
  assert.ok(Math.abs((paced.get("left") ?? 0) - paced.get("elapsed")) < 1e-6);
  assert.equal(new ProgressPanel("not begun").get("left"), null);
});

test("a failed piece of work says why", () => {
  const panel = new ProgressPanel("rise");
  panel.end(new Error("out of coffee"));
  assert.deepEqual([panel.get("state"), panel.get("message")], ["failed", "out of coffee"]);
});

test("work in a cell shows a panel once it is long, or by its pace will be; short work leaves nothing", async (t) => {
  t.after(() => watchWork());
  watchWork({ patience: 20, short: 400 });
  host.displayed.length = 0;
  const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
  await host.run("cell", async () => {
    const short = workHost.watch?.("short");
    short?.progress({ done: 9, total: 10 });
    await wait(40);
    short?.progress({ done: 10, total: 10 });
    short?.end();
    assert.equal(host.displayed.length, 0, "40 ms, and nothing left to do");

    const slow = workHost.watch?.("slow");
    await wait(40);
    slow?.progress({ done: 1, total: 100 });
    assert.equal(host.displayed.length, 1, "one of a hundred took 40 ms");
    slow?.end();

    const silent = workHost.watch?.("silent");
    await wait(600);
    silent?.end();
  });
  const [slow, , silent, line] = host.displayed as [ProgressPanel, Displayable, ProgressPanel, Displayable];
  assert.equal(host.displayed.length, 4);
  assert.deepEqual([slow.get("title"), silent.get("title")], ["slow", "silent"]);
  assert.match(String((await line[displaySymbol]())["text/plain"]), /^silent: \d+\sms$/);
  assert.equal(workHost.watch?.("outside of a cell"), undefined);
});

test("an audit in a cell shows its pictures and its search for shortcuts, and Cancel ends it where it is", async (t) => {
  const { url, options } = classroom.models.honest;
  t.after(() => watchWork());
  watchWork({ short: 0 });
  await using classifier = await loadModel(url, { ...options, threads: 1 });
  const [pictures, out] = [await pictureFolder(256, 4), await folder()];
  const panels = () => host.displayed.filter((shown): shown is ProgressPanel => shown instanceof ProgressPanel);
  let rows: Row[] = [];
  const run = () =>
    host.run("cell", async () => {
      const result = await audit(classifier, pictures, { method: "recipro-cam", out });
      rows = await result.query("select distinct path from results");
    });

  host.displayed.length = 0;
  const cancelled = assert.rejects(run(), { code: "aborted" });
  await until(() => panels()[0]?.get("done") > 0);
  await panels()[0][displaySymbol]();
  host.say(panels()[0].modelId, { method: "custom", content: { type: "cancel" } });
  await cancelled;
  assert.deepEqual([panels()[0].get("title"), panels()[0].get("state")], ["audit of 256 pictures", "cancelled"]);

  host.displayed.length = 0;
  await run();
  assert.equal(rows.length, 256);
  const search = panels().find((panel) => panel.get("title") === "search for shortcuts") as ProgressPanel;
  assert.equal(search.get("state"), "done");
  assert.equal(search.get("done"), search.get("total"));
});

test("curves without random baseline maps have no chance level, in either half", async () => {
  const scrubber = new CurveScrubber(model, white, explanation(), { baselines: ["black"], nulls: 0 });
  const rows = async () => String((await scrubber[displaySymbol]())["text/html"]).match(/<tr><td>.*?<\/tr>/g);
  await rows();
  await scrubber.measured();
  assert.deepEqual(
    scrubber.get("curves").map(({ chance }) => chance),
    [null, null],
  );
  assert.deepEqual(await rows(), [
    "<tr><td>by-hand</td><td>insertion</td><td>black</td><td>0.97</td><td></td></tr>",
    "<tr><td>by-hand</td><td>deletion</td><td>black</td><td>0.03</td><td></td></tr>",
  ]);
  const sent = host.take().map(({ data }) => (data.state as { curves?: { chance: number | null }[] }).curves);
  assert.equal(sent.at(-1)?.[0].chance, null);
});

test("a comparison needs two explanations of one picture", () => {
  assert.throws(() => new MethodComparison([explanation()]), /two or more explanations/);
  const small = handmade(model, plain(8, 8), { data: map, width: 16, height: 16 });
  assert.throws(() => new MethodComparison([explanation(), small]), { received: "16 × 16, 8 × 8" });
});

test("panes keep the number of zones within what can be read", async () => {
  const panes = new PositiveNegativePanes(explanation(), { zones: 3 });
  await panes[displaySymbol]();
  host.say(panes.modelId, { method: "update", state: { zones: 900 } });
  await settle();
  assert.equal(panes.get("zones"), 20);
  assert.deepEqual(host.take().at(-1)?.data.state, { zones: 20 });
});
