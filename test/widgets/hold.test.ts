import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { displaySymbol } from "../../src/core/display.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { visualize } from "../../src/render/visualize.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { CurveScrubber } from "../../src/widgets/curve-scrubber.js";
import { MaskTheatre } from "../../src/widgets/mask-theatre.js";
import { MethodComparison } from "../../src/widgets/method-comparison.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { PictureBooth } from "../../src/widgets/picture-booth.js";
import { PositiveNegativePanes } from "../../src/widgets/positive-negative-panes.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { savedState } from "../../src/widgets/state.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { Trainer } from "../../src/widgets/trainer.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";
import { FakeHost, settle } from "./fake-host.js";

const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
const white = plain(16, 16, 255);
const map = Float32Array.from({ length: 256 }, (_, i) => (i % 16 >= 4 && i % 16 < 8 && i >= 64 && i < 128 ? 1 : 0));
const explanation = () => handmade(model, white, { data: map, width: 16, height: 16 });
const red = { data: Uint8Array.from([255, 0, 0, 255]), width: 1, height: 1 };

const make = {
  SaliencyViewer: () => new SaliencyViewer(explanation(), { hold: true }),
  PositiveNegativePanes: () => new PositiveNegativePanes(explanation(), { hold: true }),
  MethodComparison: () => new MethodComparison([explanation(), explanation()], { hold: true }),
  CaseBrowser: () => new CaseBrowser([CaseBrowser.item(explanation(), "rest")], { hold: true }),
  TestTheClaim: () => new TestTheClaim(model, white, explanation(), { hold: true }),
  CurveScrubber: () => new CurveScrubber(model, white, explanation(), { baselines: ["black"], nulls: 0, hold: true }),
  MaskTheatre: () => new MaskTheatre(model, white, { method: "occlusion", hold: true }),
  PictureBooth: () => new PictureBooth(model, { hold: true }),
  Trainer: () => new Trainer(model, { red: [white], white: [white] }, { hold: true }),
  StickerLab: () =>
    new StickerLab({ models: { blob: model }, images: [white], stickers: { red }, method: null, hold: true }),
};

/** What a front end may know of a widget that holds its answer back. */
const HARMLESS = /^(_\w+|kind|held|layout|tabbable|tooltip)$/;

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

/** Every trait and every byte that was sent under a widget's name. */
const sentOf = (id: string) => {
  const mine = host.take().filter((message) => message.id === id);
  return {
    traits: [...new Set(mine.flatMap(({ data }) => Object.keys((data.state ?? {}) as object)))],
    bytes: mine.reduce((sum, { buffers }) => sum + buffers.reduce((all, { length }) => all + length, 0), 0),
    customs: mine.filter(({ data }) => data.method === "custom").length,
  };
};

for (const [name, build] of Object.entries(make)) {
  test(`${name}: nothing of the answer is sent before Reveal, all of it after`, async () => {
    const widget = build();
    const bundle = await widget[displaySymbol]();
    assert.deepEqual(Object.keys(bundle).sort(), ["application/vnd.jupyter.widget-view+json", "text/plain"]);
    assert.equal(bundle["text/plain"], "held back until Reveal is pressed");
    const id = widget.modelId;
    if (widget instanceof TestTheClaim) {
      await widget.test(boxRegion({ x: 0.25, y: 0.25, width: 0.25, height: 0.25 }, { width: 16, height: 16 }));
    }
    if (widget instanceof PictureBooth) await widget.show(white);
    if (widget instanceof StickerLab) await widget.paste({ x: 0.5, y: 0.5, size: 0.2 });
    host.say(id, { method: "update", state: { held: "", target: 0, opened: 0, config: {}, step: 3, zones: 4 } });
    host.say(id, { method: "request_state" });
    host.opens("jupyter.widget.control").receive({ data: { method: "request_states" }, buffers: [] });
    await settle();
    await widget.flush();
    const before = sentOf(id);
    const secret = before.traits.filter(
      (trait) => !HARMLESS.test(trait) && !["target", "opened", "config", "step", "zones"].includes(trait),
    );
    assert.deepEqual([secret, before.bytes, before.customs], [[], 0, 0]);

    host.say(id, { method: "custom", content: { type: "reveal" } });
    await settle();
    await widget.flush();
    const after = sentOf(id);
    assert.ok(after.bytes > 0);
    const whole = Object.keys(widget.wire().state);
    assert.deepEqual(
      whole.filter((trait) => !HARMLESS.test(trait)).filter((trait) => !after.traits.includes(trait)),
      [],
    );
    assert.equal(widget.isHeld, false);
    const shown = await widget[displaySymbol]();
    assert.notEqual(shown["text/plain"], bundle["text/plain"]);
  });
}

test("states that a reloaded page asks for hold nothing back that is not theirs", async () => {
  const viewer = make.SaliencyViewer();
  await viewer[displaySymbol]();
  host.take();
  host.opens("jupyter.widget.control").receive({ data: { method: "request_states" }, buffers: [] });
  const [{ data, buffers }] = host.take();
  const states = data.states as Record<string, { state: Record<string, unknown> }>;
  assert.equal(buffers.length, 0);
  assert.equal(states[viewer.modelId].state.held, "kernel");
  assert.ok(!("explanations" in states[viewer.modelId].state));
});

test("a page without a kernel has the answer, folded", async () => {
  const viewer = make.SaliencyViewer();
  const { state, buffers } = (await savedState([viewer])).state[viewer.modelId];
  assert.deepEqual([state.held, (state.explanations as unknown[]).length, buffers?.length], ["page", 1, 2]);
  viewer.unhold();
  const shown = (await savedState([viewer])).state[viewer.modelId];
  assert.equal(shown.state.held, "");
});

test("a run without a reader is handed the answer, folded", async () => {
  const viewer = make.SaliencyViewer();
  await viewer[displaySymbol]();
  host.take();
  host.say(viewer.modelId, { method: "custom", content: { type: "fold" } });
  await viewer.flush();
  const [{ data, buffers }] = host.take();
  const { held, explanations } = data.state as Record<string, unknown[]>;
  assert.deepEqual([held, explanations.length, buffers.length], ["page", 1, 2]);
});

test("without `hold` nothing is held", async () => {
  const viewer = new SaliencyViewer(explanation());
  assert.ok((await viewer[displaySymbol]())["image/png"]);
  assert.equal(viewer.isHeld, false);
});

test("a held figure is folded in HTML and leaves no picture beside it; as a PNG it is a figure like others", async () => {
  const figure = await visualize(explanation(), { hold: true });
  const open = await visualize(explanation());
  assert.match(figure.html(), /^<details class="sightline-held"><summary [^>]*>Reveal<\/summary><figure/);
  assert.ok(figure.html().endsWith("</figure></details>"));
  assert.doesNotMatch(figure.html(), /<details[^>]* open/);
  assert.ok(figure.html().includes(open.html()));
  const bundle = await figure[displaySymbol]();
  assert.deepEqual(Object.keys(bundle).sort(), ["text/html", "text/plain"]);
  assert.match(String(bundle["text/plain"]), /^Figure \d+ × \d+: held back until Reveal is pressed$/);
  assert.deepEqual(figure.png(), open.png());
  await assert.rejects(visualize(explanation(), { hold: "yes" as never }), { code: "bad-config" });
});
