import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { explain } from "../../src/explain/explain.js";
import { noiseSticker, pasteSticker } from "../../src/image/sticker.js";
import type { Model } from "../../src/model/types.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { blobModel } from "../support/analytic-model.js";
import { classroomPair, MARK_PLACE } from "../support/classroom-models.js";
import { plain } from "../support/explanations.js";
import { FakeHost, settle } from "./fake-host.js";

const pictures = classroom.pictures({ count: 30, seed: 11, labels: ["cup", "star", "fish"] }).map(({ image }) => image);

let shortcut: Model;
let honest: Model;
before(async () => {
  ({ shortcut, honest } = await classroomPair());
});
after(() => Promise.all([shortcut.close(), honest.close()]));

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

const lab = (options = {}) =>
  new StickerLab({ models: { shortcut, honest }, images: pictures, stickers: { "©": classroom.sticker }, ...options });
const say = (widget: StickerLab, content: unknown, buffers: Uint8Array[] = []) =>
  host.say(widget.modelId, { method: "custom", content }, buffers);
async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}

test("the sticker turns the shortcut model and not the honest one; the answer is that of the library", async () => {
  const widget = lab();
  await widget.paste(MARK_PLACE, { picture: 1 });
  const pasted = pasteSticker(pictures[1], classroom.sticker, MARK_PLACE);
  for (const [i, model] of [shortcut, honest].entries()) {
    const explanation = await explain(model, pasted, { method: "recipro-cam" });
    const [answer, plainly] = [widget.get("answers")[i], widget.get("plain")[i]];
    assert.deepEqual(answer.predictions, explanation.predictions.slice(0, 5));
    assert.deepEqual(new Float32Array(answer.maps[0].data.slice().buffer), explanation.map().data);
    assert.equal(plainly.predictions[0].label, (await model.predict(pictures[1]))[0].label);
  }
  const said = widget.get("answers").map(({ predictions: [{ label }] }) => label);
  assert.deepEqual(said, ["boat", "star"]);
  assert.match(widget.describe(), /^shortcut: boat [.\d]+; honest: star [.\d]+$/);
});

test("a count is what its own code finds, and random content of the same size is asked, too", async () => {
  const widget = lab();
  await assert.rejects(widget.count(), { code: "bad-config" });
  await widget.paste(MARK_PLACE);
  const counts = await widget.count();
  assert.ok(counts);
  assert.equal(counts.label, "boat");
  const [cheat, fair] = counts.models;
  assert.ok(cheat.counted === 30 && cheat.turned >= 25, JSON.stringify(cheat));
  assert.ok(fair.turned <= 3, JSON.stringify(fair));
  const code = widget
    .code()
    .replace(/^import .*\n/, "")
    .replace("console.log", "print");
  const lines: string[] = [];
  const run = new (Object.getPrototypeOf(async () => {}).constructor)(
    "lab",
    "pasteSticker",
    "noiseSticker",
    "print",
    code,
  );
  await run(widget, pasteSticker, noiseSticker, (line: string) => lines.push(line));
  assert.deepEqual(
    lines,
    counts.models.map(
      ({ model, counted, turned, byNoise }) => `${model}: ${turned} of ${counted} turned to boat, by noise ${byNoise}`,
    ),
  );
  assert.equal(
    widget.describe(),
    `turned to boat by the sticker: shortcut: ${cheat.turned} of 30 (random content ${cheat.byNoise}); honest: ${fair.turned} of ${fair.counted} (random content ${fair.byNoise})`,
  );
});

test("of a hundred moves in a row the first and the last are answered, one after the other", async () => {
  const widget = lab();
  await widget[displaySymbol]();
  host.take();
  for (let move = 2; move <= 101; move++) {
    say(widget, { type: "place", move, picture: 0, sticker: 0, place: { ...MARK_PLACE, x: (move - 1) / 100 } });
  }
  await until(() => widget.get("move") === 101);
  await widget.flush();
  const moves = host.take().flatMap(({ data }) => (data.state as { move?: number } | undefined)?.move ?? []);
  assert.deepEqual(moves, [2, 101]);
  assert.deepEqual(widget.get("place"), { ...MARK_PLACE, x: 1 });
});

test("a count counts where the sticker lay when it was asked for, whatever moves are before and after it", async () => {
  const widget = lab({ images: pictures.slice(0, 4) });
  await widget[displaySymbol]();
  const place = (move: number, x: number) =>
    say(widget, { type: "place", move, picture: 0, sticker: 0, place: { ...MARK_PLACE, x } });
  place(2, 0.9);
  say(widget, { type: "count", picture: 0, sticker: 0, place: MARK_PLACE });
  place(3, 0.5);
  place(4, 0.5);
  await until(() => widget.get("counts").length > 0);
  await until(() => widget.get("move") === 4);
  const [counts] = widget.get("counts");
  assert.deepEqual([counts.place, counts.label, counts.models[0].counted], [{ ...MARK_PLACE, x: 0.15 }, "boat", 4]);
  assert.deepEqual([widget.get("place")?.x, widget.get("state"), widget.get("message")], [0.5, "ready", ""]);
});

test("a move that fails takes none with it that was made meanwhile", async (t) => {
  t.mock.method(console, "error", () => {});
  const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const red = noiseSticker({ width: 4, height: 4 });
  const widget = new StickerLab({ models: { blob: model }, images: [plain(16, 16)], stickers: { red }, method: null });
  await widget[displaySymbol]();
  const { predict } = model;
  model.predict = async () => {
    model.predict = predict;
    throw new Error("out of coffee");
  };
  say(widget, { type: "place", move: 2, picture: 0, sticker: 0, place: { ...MARK_PLACE, x: 0.1 } });
  say(widget, { type: "place", move: 3, picture: 0, sticker: 0, place: MARK_PLACE });
  await until(() => widget.get("move") === 3);
  assert.deepEqual([widget.get("place"), widget.get("message")], [MARK_PLACE, ""]);
});

test("a move sends the answers alone: a few kilobytes", async () => {
  const widget = lab();
  await widget[displaySymbol]();
  await widget.paste(MARK_PLACE);
  await widget.flush();
  host.take();
  await widget.paste({ ...MARK_PLACE, x: 0.5 });
  await widget.flush();
  const sent = host.take();
  const size = sent.reduce(
    (sum, { data, buffers }) =>
      sum + JSON.stringify(data).length + buffers.reduce((all, { length }) => all + length, 0),
    0,
  );
  assert.equal(sent.length, 1);
  assert.ok(size < 12_000, `${size} bytes`);
});

test("readers cut stickers out and paint them; messages that make no sense leave nothing behind", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const widget = lab({ images: pictures.slice(0, 3) });
  await widget[displaySymbol]();
  say(widget, { type: "cut", picture: 2, box: [0.25, 0.25, 0.5, 0.25] });
  await until(() => widget.stickers.length === 2);
  assert.deepEqual([widget.stickers[1].width, widget.stickers[1].height], [32, 16]);
  say(widget, { type: "paint", picture: 0 }, [new Uint8Array(64 * 64 * 4).fill(9)]);
  await until(() => widget.stickers.length === 3);
  const before = widget.get("move");
  for (const [content, buffers] of [
    [null, []],
    ["place", []],
    [{ type: "place" }, []],
    [{ type: "place", move: 1e300, picture: 0, sticker: 0, place: null }, []],
    [{ type: "place", move: 2, picture: 99, sticker: 0, place: MARK_PLACE }, []],
    [{ type: "place", move: 2, picture: 0, sticker: "__proto__", place: MARK_PLACE }, []],
    [{ type: "count", picture: 9, sticker: 0, place: MARK_PLACE }, []],
    [{ type: "count", picture: 0, sticker: "all", place: MARK_PLACE }, []],
    [{ type: "cut", picture: 0, box: [0, 0, 1e9, 1] }, []],
    [{ type: "cut", picture: 0, box: "all" }, []],
    [{ type: "cut", picture: 0, box: [0.5, 0.5, 0, 0] }, []],
    [{ type: "paint", picture: 0 }, [new Uint8Array(1e6)]],
    [{ type: "paint", picture: -1 }, []],
  ] as const) {
    say(widget, content, [...buffers]);
    await settle();
  }
  assert.deepEqual([widget.stickers.length, widget.get("move"), widget.get("message")], [3, before, ""]);
  for (const place of [{ x: "a" }, { x: 0.5, y: 0.5, size: 1e9 }, { x: Number.NaN, y: 0, size: 0.2 }, 7]) {
    say(widget, { type: "place", move: before + 1, picture: 0, sticker: 0, place });
    await until(() => widget.get("move") === before + 1);
    assert.equal(widget.get("place"), null, JSON.stringify(place));
    await widget.paste(null);
  }
  for (let i = 0; i < 40; i++) say(widget, { type: "cut", picture: 0, box: [0, 0, 0.5, 0.5] });
  await until(() => widget.stickers.length === 24);
  await settle();
  assert.match(widget.get("message"), /24 stickers already/);
  assert.equal(printed.mock.callCount(), 0);
});

test("a move that fails says why, and the next one is answered", async (t) => {
  t.mock.method(console, "error", () => {});
  const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const red = noiseSticker({ width: 4, height: 4 });
  const widget = new StickerLab({ models: { blob: model }, images: [plain(16, 16)], stickers: { red }, method: null });
  await widget[displaySymbol]();
  const { predict } = model;
  model.predict = async () => {
    throw new Error("out of coffee");
  };
  say(widget, { type: "place", move: 5, picture: 0, sticker: 0, place: MARK_PLACE });
  await until(() => widget.get("move") === 5);
  await settle();
  assert.equal(widget.get("message"), "out of coffee");
  model.predict = predict;
  say(widget, { type: "place", move: 6, picture: 0, sticker: 0, place: MARK_PLACE });
  await until(() => widget.get("move") === 6 && widget.get("place") !== null);
  assert.equal(widget.get("message"), "");
});

test("counting can be cancelled and leaves the widget ready", async () => {
  const widget = lab();
  await widget[displaySymbol]();
  await widget.paste(MARK_PLACE);
  const counted = widget.count();
  await until(() => widget.get("progress") !== null);
  say(widget, { type: "cancel" });
  assert.equal(await counted, undefined);
  assert.deepEqual([widget.get("state"), widget.get("progress"), widget.get("counts")], ["ready", null, []]);
});

test("models without layers have bars alone when no map is asked for, and else say what to do", async () => {
  const model = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const options = {
    models: { blob: model },
    images: [plain(16, 16)],
    stickers: { red: noiseSticker({ width: 4, height: 4 }) },
  };
  const bars = new StickerLab({ ...options, method: null });
  await bars.paste({ x: 0.375, y: 0.375, size: 0.25 });
  assert.deepEqual(bars.get("answers")[0].maps, []);
  await assert.rejects(new StickerLab(options).paste(null), { code: "not-supported" });
});

test("what cannot be used is refused at once, in words", () => {
  assert.throws(() => lab({ models: {} }), { code: "bad-config", message: /one to four models/ });
  assert.throws(() => lab({ models: { a: 7 } }), { code: "bad-config", message: /not a model/ });
  assert.throws(() => lab({ images: [] }), { code: "bad-config" });
  assert.throws(() => lab({ stickers: { odd: { data: new Uint8Array(3), width: 1, height: 1 } } }), {
    message: /RGBA/,
  });
});
