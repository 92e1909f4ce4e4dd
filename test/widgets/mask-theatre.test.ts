import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import type { MaskStep } from "../../src/core/method-step.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { MaskTheatre, type TheatreMethod } from "../../src/widgets/mask-theatre.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { savedState } from "../../src/widgets/state.js";
import { TheatreRecorder } from "../../src/widgets/theatre-recorder.js";
import { blobModel } from "../support/analytic-model.js";
import { FakeHost, settle, type WireMessage } from "./fake-host.js";

const [{ image }] = classroom.pictures({ count: 1, seed: 11, labels: ["cup"] });

let model: Model;
before(async () => {
  const { url, options } = classroom.models.honest;
  model = await loadModel(url, { ...options, threads: 1 });
});
after(() => model.close());

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

const say = (widget: MaskTheatre, content: unknown) => host.say(widget.modelId, { method: "custom", content });
const sizeOf = (messages: readonly WireMessage[]) =>
  messages.reduce(
    (sum, { data, buffers }) =>
      sum + JSON.stringify(data).length + buffers.reduce((all, { length }) => all + length, 0),
    0,
  );
async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}

const STEPS: readonly (readonly [TheatreMethod, number, string])[] = [
  ["rise", 1000, "masks"],
  ["gp-rise", 300, "masks"],
  ["occlusion", 144, "masks"],
  ["recipro-cam", 64, "cells"],
  ["integrated-gradients", 20, "path"],
];

for (const [method, count, kind] of STEPS) {
  test(`${method}: every step is written down, and the map at the end is that of explain, bit for bit`, async () => {
    const preset = method === "occlusion" ? "balance" : "speed";
    const theatre = new MaskTheatre(model, image, { method, preset, target: "boat", seed: 4 });
    assert.equal(theatre.describe(), `${method} has not run yet`);
    assert.equal(await theatre.run(), true);
    const alone = await explain(model, image, { method, preset, targets: "boat", seed: 4 });
    assert.deepEqual(theatre.explanation?.map().data, alone.map().data);
    const [final] = theatre.get("final");
    assert.deepEqual(new Float32Array(final.maps[0].data.slice().buffer), alone.map().data);
    const steps = theatre.get("steps");
    assert.deepEqual([theatre.get("total"), steps.reduce((sum, part) => sum + part.count, 0)], [count, count]);
    assert.equal(theatre.get("plans")[0].kind, kind);
    for (const [i, { from, answers, count: own }] of steps.entries()) {
      assert.equal(from, i === 0 ? 0 : steps[i - 1].from + steps[i - 1].count);
      const values = new Float32Array(answers.slice().buffer);
      assert.ok(values.length === own && values.every((value) => value >= 0 && value <= 1));
    }
    assert.equal(
      theatre.describe(),
      `${method} for boat: ${count.toLocaleString("en")} steps, and the map that they came to`,
    );
    assert.equal(await theatre.run(), true, "a run that is done is not done again");
  });
}

test("a photograph and a whole run travel in less than half a megabyte, and a saved page has all of it", async () => {
  const theatre = new MaskTheatre(model, "notebooks/images/coffee.png", { method: "rise" });
  await theatre[displaySymbol]();
  say(theatre, { type: "run" });
  await until(() => theatre.get("state") === "done");
  await theatre.flush();
  const size = sizeOf(host.take());
  assert.ok(size < 500_000, `${size} bytes`);
  const saved = (await savedState([theatre])).state[theatre.modelId];
  const steps = saved.state.steps as readonly { count: number }[];
  assert.equal(
    steps.reduce((sum, { count }) => sum + count, 0),
    1000,
  );
});

test("gp-rise shows maps in between, which are no sum of its steps", async () => {
  const theatre = new MaskTheatre(model, image, { method: "gp-rise" });
  await theatre.run();
  await until(() => theatre.get("previews").length >= 2);
  const previews = theatre.get("previews");
  assert.deepEqual(
    previews.map(({ after }) => after),
    previews.map(({ after }) => after).toSorted((a, b) => a - b),
  );
  assert.ok(previews.length <= 8 && previews.every(({ map }) => map.width === 56 && map.signed));
});

test("a run is stopped by the page and begun anew; what was there before is gone", async () => {
  const theatre = new MaskTheatre(model, image, { method: "rise", preset: "balance" });
  await theatre[displaySymbol]();
  say(theatre, { type: "run" });
  await until(() => theatre.get("steps").length > 1);
  say(theatre, { type: "cancel" });
  await until(() => theatre.get("state") === "stopped");
  assert.deepEqual([theatre.get("final"), theatre.explanation, theatre.get("progress")], [[], undefined, null]);
  const running = theatre.run();
  assert.equal(theatre.get("steps").length, 0);
  theatre.close();
  assert.equal(await running, false);
});

test("stopped and begun in one go, it runs to its end", async () => {
  const theatre = new MaskTheatre(model, image, { method: "recipro-cam" });
  await theatre[displaySymbol]();
  for (const type of ["run", "cancel", "run", "run"]) say(theatre, { type });
  await until(() => theatre.get("state") === "done");
  assert.equal(
    theatre.get("steps").reduce((sum, { count }) => sum + count, 0),
    theatre.get("total"),
  );
  say(theatre, { type: "cancel" });
  await settle();
  assert.equal(theatre.get("state"), "done");
});

test("steps beyond a megabyte are left out, those before stay whole", () => {
  const recorder = new TheatreRecorder(model, 0);
  const step = (from: number): MaskStep => ({
    method: "rise",
    from,
    masks: Array.from({ length: 100 }, () => ({
      cells: new Uint8Array(64 * 64),
      columns: 64,
      rows: 64,
      box: { x: 0, y: 0, width: 1, height: 1 },
      soft: true,
      around: 0,
    })),
    scores: { data: new Float32Array(100 * model.info.classes), dims: [100, model.info.classes] },
  });
  const taken = Array.from({ length: 40 }, (_, i) => recorder.take(step(100 * i)));
  const kept = taken.filter((recorded) => recorded !== undefined);
  assert.ok(kept.length > 15 && kept.length < 20, String(kept.length));
  assert.equal(taken.lastIndexOf(kept[kept.length - 1]), kept.length - 1);
  assert.equal(recorder.count, 4000);
});

test("messages that nobody of ours sends change nothing", async () => {
  const theatre = new MaskTheatre(model, image, { method: "recipro-cam" });
  await theatre[displaySymbol]();
  const before = JSON.stringify(theatre.wire().state);
  for (const odd of [null, 7, "run", [], { type: "ran" }, { type: ["run"] }, { type: "cancel" }, { run: true }])
    say(theatre, odd);
  host.say(theatre.modelId, {
    method: "update",
    state: { steps: [1], total: 5, method: "sobol", final: [{}] },
    buffer_paths: [],
  });
  await theatre.flush();
  assert.equal(JSON.stringify(theatre.wire().state), before);
});

test("methods that tell of no steps, or cannot explain the model, are refused in words", () => {
  assert.throws(() => new MaskTheatre(model, image, { method: "sobol" as never }), {
    code: "not-supported",
    message: /^MaskTheatre cannot show sobol at work: it tells of no steps/,
  });
  assert.throws(() => new MaskTheatre(model, image, { method: "nothing" as never }), { code: "unknown-method" });
  assert.throws(() => new MaskTheatre(model, image, { preset: "best" as never }), { code: "bad-config" });
  assert.throws(() => new MaskTheatre(model, image, { target: "dog" }), { code: "unknown-label" });
  assert.throws(() => new MaskTheatre(model, image, { seed: 0.5 }), { code: "bad-config" });
  const blob = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  assert.throws(() => new MaskTheatre(blob, image, { method: "recipro-cam" }), { code: "not-supported" });
});
