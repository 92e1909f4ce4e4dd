import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import sharp from "sharp";
import { type ClassLabel, classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { loadModel } from "../../src/load-model.js";
import type { NetworkShape } from "../../src/train/index.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { Trainer } from "../../src/widgets/trainer.js";
import { blobModel } from "../support/analytic-model.js";
import { FakeHost } from "./fake-host.js";

const tiny: NetworkShape = { size: 16, stages: [{ channels: 6, kernel: 3 }, "pool", { channels: 8, kernel: 1 }] };
const of = (label: ClassLabel, count: number, seed = 1) => classroom.pictures({ count, seed, labels: [label] });
const both = (count: number) => ({
  star: of("star", count).map(({ image }) => image),
  cup: of("cup", count).map(({ image }) => image),
});
const quick = { epochs: 3, batch: 8, seed: 2, threads: 1 };

async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 6000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}

const pngs = (label: ClassLabel, count: number) =>
  Promise.all(
    of(label, count, 40).map(async ({ image: { data, width, height } }) => {
      const png = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      return new Uint8Array(png);
    }),
  );

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

test("a reader adds pictures, trains a head, and gets accuracy, maps, claims and what was found", async () => {
  const { url, options } = classroom.models.honest;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const trainer = new Trainer(model);
  await trainer[displaySymbol]();
  assert.equal(trainer.get("subject"), "a new head on honest");
  for (const label of ["star", "cup"] as const) {
    host.say(trainer.modelId, { method: "custom", content: { type: "add-pictures", label } }, await pngs(label, 9));
  }
  await until(() => trainer.get("groups").length === 2 && trainer.get("groups").every(({ count }) => count === 9));
  assert.deepEqual(
    trainer.get("groups").map(({ thumbnails }) => thumbnails.length),
    [8, 8],
  );
  host.say(trainer.modelId, { method: "custom", content: { type: "train" } });
  await until(() => ["done", "failed"].includes(trainer.get("state")));
  assert.equal(trainer.get("message"), "");
  const [result] = trainer.get("results");
  assert.deepEqual([...result.labels].sort(), ["cup", "star"]);
  assert.equal(result.heldOut, 18);
  assert.equal(result.accuracy, trainer.trained?.accuracy);
  assert.ok(result.accuracy > 0.9);
  for (const { claim, before, after, explanation } of result.looks) {
    assert.match(claim, /^hiding 15 % of the picture/);
    assert.ok(after < before);
    assert.equal(explanation.maps.length, 1);
  }
  assert.equal((await trainer.trained?.model.predict(of("cup", 1, 90)[0].image, { top: 1 }))?.[0].label, "cup");
  trainer.close();
});

test("a network from scratch sends its curve and its map while it learns; stopped, it goes on to the same weights", async () => {
  const straight = new Trainer(tiny, both(16), quick);
  const whole = await straight.train();
  assert.ok(whole && "history" in whole);
  const steps = straight.get("steps");
  assert.equal(steps, 12);
  assert.equal(straight.get("losses").length, 4 * steps);
  assert.equal(straight.get("preview").length, 1);
  assert.equal((await sharp(straight.get("watched")).metadata()).width, 256);

  const cut = new Trainer(tiny, both(16), quick);
  const first = cut.train();
  await until(() => cut.get("losses").length > 0);
  cut.stop();
  assert.equal(await first, undefined);
  assert.equal(cut.get("state"), "stopped");
  const rest = await cut.train();
  assert.ok(rest && "checkpoint" in rest && "checkpoint" in whole);
  assert.deepEqual(rest.checkpoint, whole.checkpoint);
  straight.close();
  cut.close();
});

test("other pictures put an end to what was learned of the ones before", async () => {
  const trainer = new Trainer(tiny, both(8), { ...quick, epochs: 1 });
  assert.ok(await trainer.train());
  await trainer.add("star", [of("star", 1, 9)[0].image]);
  assert.deepEqual(
    [trainer.get("state"), trainer.get("results").length, trainer.get("losses").length],
    ["ready", 0, 0],
  );
  await trainer.remove("cup");
  assert.deepEqual(
    trainer.get("groups").map(({ label, count }) => [label, count]),
    [["star", 9]],
  );
  assert.equal(await trainer.train(), undefined);
  assert.equal(trainer.get("state"), "failed");
  assert.match(trainer.get("message"), /got 1 class: expected at least 2/);
  trainer.close();
});

test("pictures and Train in one go: nothing is lost, and it trains on all of them", async () => {
  const trainer = new Trainer(tiny, both(4), { ...quick, epochs: 1 });
  await trainer[displaySymbol]();
  const say = (content: object, buffers: Uint8Array[] = []) =>
    host.say(trainer.modelId, { method: "custom", content }, buffers);
  const [stars, cups] = [await pngs("star", 3), await pngs("cup", 2)];
  for (const png of stars) say({ type: "add-pictures", label: "star" }, [png]);
  say({ type: "add-pictures", label: "moon" }, cups);
  say({ type: "remove-class", label: "moon" });
  say({ type: "add-pictures", label: "cup" }, cups);
  say({ type: "train" });
  await until(() => ["done", "failed"].includes(trainer.get("state")));
  assert.deepEqual(
    [trainer.get("state"), ...trainer.get("groups").map(({ label, count }) => [label, count])],
    ["done", ["star", 7], ["cup", 6]],
  );
  assert.equal(trainer.get("results").length, 1);
  say({ type: "train" });
  say({ type: "cancel" });
  await until(() => trainer.get("state") !== "working");
  assert.deepEqual([trainer.get("state"), trainer.get("results").length], ["done", 1]);
  trainer.close();
});

test("what a page sends is not believed: no pictures, odd names, too many classes", async () => {
  const trainer = new Trainer(tiny);
  await trainer[displaySymbol]();
  const say = (content: object, buffers: Uint8Array[] = []) =>
    host.say(trainer.modelId, { method: "custom", content }, buffers);
  const [png] = await pngs("cup", 1);
  say({ type: "add-pictures", label: "cup" }, [png, new Uint8Array([1, 2, 3]), new Uint8Array(0)]);
  await until(() => trainer.get("message") !== "");
  assert.equal(trainer.get("message"), "2 files are no picture and left out");
  assert.deepEqual(trainer.pictures.cup?.length, 1);
  say({ type: "add-pictures", label: "\u202e \n" }, [png]);
  await until(() => /a class cannot be called/.test(trainer.get("message")));
  say({ type: "remove-class", label: { toString: 1 } });
  say({ type: "remove-class", label: "nothing" });
  for (let i = 0; i < 11; i++) await trainer.add(`class ${i}`, [png]);
  await assert.rejects(trainer.add("one more", [png]), /12 classes already/);
  await assert.rejects(trainer.add("cup", new Array(2001).fill(png)), /at most 2000 of a class/);
  await assert.rejects(trainer.add("x".repeat(61), [png]), /a name of 1 to 60 characters/);
  assert.deepEqual(Object.keys(trainer.pictures).slice(0, 2), ["cup", "class 0"]);
  assert.throws(() => new Trainer(undefined as never), /not a model/);
  assert.throws(
    () => new Trainer(blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 }), {}, { epochs: 3 }),
    { code: "unknown-option" },
    "a head has no epochs",
  );
  assert.throws(() => new Trainer(tiny, {}, { epoch: 3 } as never), { code: "unknown-option" });
  trainer.close();
});
