import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { relevantPictures } from "../../src/examples/relevant-pictures.js";
import { loadModel } from "../../src/load-model.js";
import { channelSums } from "../../src/model/layer-channels.js";
import { compositeOf } from "../../src/model/relevance.js";
import type { Model } from "../../src/model/types.js";

let honest: Model;
const drawn = classroom.pictures({ count: 16, seed: 61 });
const images = drawn.map(({ image }) => image);

before(async () => {
  const { url, options } = classroom.models.honest;
  honest = await loadModel(url, { ...options, threads: 1 });
});
after(() => honest.close());

test("pictures come by what of their own class's score passes the channel, as handing it down for each one says", async () => {
  const [layer] = honest.layers();
  const composite = compositeOf(
    { composite: "epsilon-plus", epsilon: 1e-6, gamma: 0 },
    { geometry: honest.info.input, fill: honest.fill },
  );
  const expected: { index: number; relevance: number; share: number }[] = [];
  for (const [index, image] of images.entries()) {
    const [{ index: target }] = await honest.predict(image, { top: 1 });
    const { tensor } = await honest.prepare(image);
    const { gradients } = await honest.gradient(tensor, { target, relevance: { composite }, layers: [layer.name] });
    const sums = channelSums(gradients.get(layer.name)!, layer);
    expected.push({ index, relevance: sums[3], share: sums[3] / sums.reduce((a, b) => a + b, 0) });
  }
  expected.sort((a, b) => b.relevance - a.relevance);
  const found = await relevantPictures(honest, images, { channel: 3, count: 4 });
  assert.deepEqual(
    found.pictures.map(({ index, relevance, share }) => ({ index, relevance, share })),
    expected.slice(0, 4),
  );
  assert.deepEqual([found.searched, found.layer, found.channel], [16, layer.name, 3]);
  const shares = expected.map(({ share }) => share).sort((a, b) => a - b);
  assert.ok(found.usual >= shares[7] && found.usual <= shares[8]);
});

test("the channel with most relevance for a shape shows pictures of that shape first", async () => {
  const fish = classroom.labels.indexOf("fish");
  const [layer] = honest.layers();
  const best = drawn.findIndex(({ index }) => index === fish);
  const { tensor } = await honest.prepare(images[best]);
  const composite = compositeOf(
    { composite: "epsilon-plus", epsilon: 1e-6, gamma: 0 },
    { geometry: honest.info.input, fill: honest.fill },
  );
  const { gradients } = await honest.gradient(tensor, { target: fish, relevance: { composite }, layers: [layer.name] });
  const sums = channelSums(gradients.get(layer.name)!, layer);
  const channel = sums.indexOf(Math.max(...sums));
  const { pictures } = await relevantPictures(honest, images, { channel, target: "fish", count: 2 });
  assert.equal(drawn[pictures[0].index].index, fish);
  for (const { cell, picture } of pictures) {
    assert.ok(
      cell.x >= 0 && cell.y >= 0 && cell.x + cell.width <= picture.width && cell.y + cell.height <= picture.height,
    );
  }
});

test("what cannot be read is named, and names are shown as text", async () => {
  const broken = new Uint8Array([1, 2, 3]);
  const found = await relevantPictures(honest, [broken, images[0]], { channel: 0 });
  assert.deepEqual([found.searched, found.failures[0].index, found.failures[0].code], [1, 0, "bad-image"]);
  const shown = (await found[displaySymbol]()) as Record<string, string>;
  assert.match(shown["text/plain"], /^Most relevance through channel 0 of .*1 could not be read/);
  assert.match(shown["text/html"], /<svg role="img"/);
  await assert.rejects(relevantPictures(honest, [broken], { channel: 0 }), { code: "bad-image" });
});

test("channels and layers that are not there are refused", async () => {
  await assert.rejects(relevantPictures(honest, images, { channel: 4096 }), { code: "bad-config" });
  await assert.rejects(relevantPictures(honest, images, { channel: 0, layer: "nowhere" }), { code: "unknown-layer" });
});
