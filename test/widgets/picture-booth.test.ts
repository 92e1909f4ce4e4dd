import assert from "node:assert/strict";
import { after, before, beforeEach, type TestContext, test } from "node:test";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { MaskTheatre } from "../../src/widgets/mask-theatre.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { PictureBooth } from "../../src/widgets/picture-booth.js";
import { SaliencyViewer } from "../../src/widgets/saliency-viewer.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { blobModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";
import { FakeHost } from "./fake-host.js";

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

const [cup, star] = classroom.pictures({ count: 2, seed: 11, labels: ["cup", "star"] }).map(({ image }) => image);
const png = ({ data, width, height } = cup) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
const say = (booth: PictureBooth, content: unknown, ...buffers: Uint8Array[]) =>
  host.say(booth.modelId, { method: "custom", content }, buffers);
const bring = (booth: PictureBooth, number: number, bytes: Uint8Array, { name = "cup.png", live = false } = {}) =>
  say(booth, { type: "picture", number, name, live }, bytes);
async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}
async function shown(options = {}) {
  const booth = new PictureBooth(model, options);
  await booth[displaySymbol]();
  host.take();
  return booth;
}

test("a picture is answered as predict and explain do, and goes into explain and every widget", async () => {
  const booth = await shown();
  assert.throws(() => booth.picture, { code: "bad-config", message: /^there is no picture in the booth/ });
  assert.equal(booth.describe(), "no picture yet");
  bring(booth, 1, await png());
  await until(() => booth.get("number") === 1);
  assert.deepEqual(booth.picture, { ...cup, data: new Uint8Array(cup.data) });
  const explanation = await explain(model, booth.picture, { method: "recipro-cam" });
  const [answer] = booth.get("answer");
  assert.deepEqual(answer.predictions, await model.predict(cup, { top: 5 }));
  assert.deepEqual(new Float32Array(answer.maps[0].data.slice().buffer), explanation.map().data);
  assert.match(booth.describe(), /^cup\.png: cup [.\d]+$/);
  const region = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  await new TestTheClaim(model, booth.picture, explanation).prepare();
  await new GuessFirst(model, booth.picture).prepare();
  await new MaskTheatre(model, booth.picture).prepare();
  await new SaliencyViewer(explanation).prepare();
  const lab = new StickerLab({ models: { model }, images: [booth.picture], stickers: { "©": classroom.sticker } });
  await lab.paste({ x: region.x, y: region.y, size: 0.2 });
});

test("photographs lying on their side are turned upright, large ones reduced, and that is said", async () => {
  const booth = await shown();
  const wide = sharp({ create: { width: 3000, height: 2000, channels: 3, background: "#a33" } });
  bring(booth, 1, await wide.withMetadata({ orientation: 6 }).jpeg().toBuffer(), { name: "photo.jpg" });
  await until(() => booth.get("number") === 1);
  assert.deepEqual([booth.picture.width, booth.picture.height], [683, 1024]);
  assert.deepEqual(booth.get("notes"), ["reduced from 2000 × 3000 pixels to 683 × 1024 pixels"]);
  const { format, width, height } = await sharp(booth.get("shown")).metadata();
  assert.deepEqual([format, width, height], ["jpeg", 683, 1024]);
});

test("of a hundred live pictures the first and the last are answered, a few kilobytes each", async () => {
  const booth = await shown();
  const [one, other] = [await png(), await png(star)];
  for (let number = 1; number <= 100; number++) bring(booth, number, number === 100 ? other : one, { live: true });
  await until(() => booth.get("number") === 100);
  await booth.flush();
  const sent = host.take();
  const numbers = sent.flatMap(({ data }) => (data.state as { number?: number } | undefined)?.number ?? []);
  assert.deepEqual(numbers, [1, 100]);
  assert.equal(booth.get("answer")[0].predictions[0].label, "star");
  assert.deepEqual(booth.picture.data, new Uint8Array(star.data));
  assert.equal(booth.get("shown").length, 0, "the page has the picture");
  const size = sent.reduce((sum, { data, buffers }) => sum + JSON.stringify(data).length + buffers.flat().length, 0);
  assert.ok(size < 8000, `${size} bytes`);
});

test("what is no picture, claims to be huge or is damaged is refused in words; the picture before stays", async () => {
  const booth = await shown();
  await booth.show(cup);
  const before = booth.get("number");
  const huge = Buffer.from(await png());
  huge.writeUInt32BE(200_000, 16);
  huge.writeUInt32BE(200_000, 20);
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
  );
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from("<html>not a picture</html>"), /picture|bytes/],
    [huge, /200000 × 200000 pixels large/],
    [(await png()).subarray(0, 200), /damaged|bytes/],
    [new Uint8Array(0), /empty/],
    [svg, /picture|bytes|SVG/i],
  ];
  for (const [i, [bytes, sentence]] of cases.entries()) {
    bring(booth, before + 1 + i, bytes, { name: "odd" });
    await until(() => booth.get("number") === before + 1 + i);
    assert.match(booth.get("message"), sentence, String(i));
    assert.ok(booth.picture);
  }
  bring(booth, 50, new Uint8Array(32_000_001), { name: "big\u202egnp.exe" });
  await until(() => booth.get("number") === 50);
  assert.equal(booth.get("message"), "biggnp.exe has 32 MB: at most 32 MB are read");
  bring(booth, 51, await png(star), { name: "x".repeat(500) });
  await until(() => booth.get("number") === 51);
  assert.deepEqual([booth.get("message"), booth.name.length], ["", 80]);
});

test("messages that nobody of ours sends change nothing", async () => {
  const booth = await shown();
  await booth.show(cup);
  await booth.flush();
  const before = JSON.stringify(booth.wire().state);
  for (const odd of [null, 7, [], "picture", { type: "picture" }, { type: "picture", number: 2 ** 60 }]) {
    say(booth, odd, await png(star));
  }
  say(booth, { type: "picture", number: 9, name: "x", live: false });
  const state = { shown: [1], answer: [{}], number: 99, message: "x", name: "y", notes: ["z"] };
  host.say(booth.modelId, { method: "update", state, buffer_paths: [] });
  await booth.flush();
  assert.equal(JSON.stringify(booth.wire().state), before);
});

test("what is forgotten is gone, also while it is being looked at", async () => {
  const booth = await shown();
  await booth.show(cup);
  say(booth, { type: "clear" });
  assert.deepEqual([booth.hasPicture, booth.get("answer"), booth.get("shown").length], [false, [], 0]);
  const late = booth.show(star);
  booth.clear();
  await late;
  assert.deepEqual([booth.hasPicture, booth.get("answer"), booth.get("name")], [false, [], ""]);
});

/** A picture behind an address that keeps it back until it is released. */
async function heldBack(context: TestContext, bytes: Uint8Array) {
  let release = () => {};
  const released = new Promise<void>((done) => {
    release = done;
  });
  context.mock.method(globalThis, "fetch", async () => {
    await released;
    return new Response(bytes as BodyInit);
  });
  return { url: new URL("https://pictures.example/older.png"), release };
}

test("a picture that takes longer than one that came later does not take its place, whoever brought them", async (context) => {
  for (const later of ["code", "page", "camera"] as const) {
    const booth = await shown();
    const older = await heldBack(context, await png());
    const first = booth.show(older.url);
    if (later === "code") await booth.show(star);
    else {
      bring(booth, 1, await png(star), { live: later === "camera" });
      await until(() => booth.get("number") === 1);
    }
    await booth.flush();
    const before = JSON.stringify(booth.wire().state);
    older.release();
    await first;
    await booth.flush();
    assert.equal(JSON.stringify(booth.wire().state), before, later);
    assert.deepEqual(booth.picture.data, new Uint8Array(star.data), later);
  }
});

test("a picture of the camera that was overtaken, or forgotten meanwhile, is answered all the same: the page waits for it", async () => {
  for (const meanwhile of ["show", "clear"] as const) {
    const booth = await shown();
    bring(booth, 7, await png(star), { live: true });
    const other = meanwhile === "show" ? booth.show(cup) : booth.clear();
    await other;
    // whichever is answered first, the number reaches 7, as the page waits for
    await until(() => booth.get("number") >= 7);
    assert.equal(booth.hasPicture, meanwhile === "show");
    if (meanwhile === "show") assert.deepEqual(booth.picture.data, new Uint8Array(cup.data));
  }
});

test("a picture of the camera that waits behind another when all is forgotten is answered, too", async () => {
  const booth = await shown();
  bring(booth, 1, await png(cup));
  bring(booth, 2, await png(star), { live: true });
  booth.clear();
  await until(() => booth.get("number") >= 2);
  await booth.flush();
  assert.equal(booth.hasPicture, false);
});

test("a later picture that cannot be read leaves the earlier one its place", async (context) => {
  const booth = await shown();
  const older = await heldBack(context, await png());
  const first = booth.show(older.url);
  await assert.rejects(booth.show(Buffer.from("no picture")));
  older.release();
  await first;
  assert.deepEqual(booth.picture.data, new Uint8Array(cup.data));
});

test("models that recipro-cam cannot explain have bars alone and say why; a method that was asked for is not left out", async () => {
  const blob = blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 });
  const booth = new PictureBooth(blob);
  await booth.show(plain(16, 16, 255));
  assert.equal(booth.get("answer")[0].maps.length, 0);
  assert.match(booth.get("notes").join(), /^no map: /);
  assert.throws(() => new PictureBooth(blob, { method: "recipro-cam" }), { code: "not-supported" });
  const occluded = new PictureBooth(blob, { method: "occlusion" });
  await occluded.show(plain(16, 16, 255));
  assert.equal(occluded.get("answer")[0].maps.length, 1);
  assert.throws(() => new PictureBooth(blob, { method: "none" as never }), { code: "unknown-method" });
  assert.throws(() => new PictureBooth(blob, { camera: true } as never), { code: "unknown-option" });
});
