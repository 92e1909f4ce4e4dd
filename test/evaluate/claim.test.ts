import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { testClaim } from "../../src/evaluate/claim.js";
import { describeClaim } from "../../src/evaluate/claim-test.js";
import { boxRegion, topRegion } from "../../src/evaluate/region.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import { decodeImage } from "../../src/image/decode.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { analyticModel } from "../support/analytic-model.js";

const [WIDTH, HEIGHT] = [20, 10];
const white: RawImage = { data: new Uint8Array(WIDTH * HEIGHT * 3).fill(255), width: WIDTH, height: HEIGHT };
const spot = { x: 0, y: 0, width: 0.2, height: 0.4 };
/** "spot" is how bright the upper left is; "rest" is what is missing to 1. */
const model = () =>
  analyticModel({
    width: WIDTH,
    height: HEIGHT,
    labels: ["spot", "rest"],
    probabilities: "as given",
    score(image) {
      let sum = 0;
      for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) sum += image[y * WIDTH + x];
      return [sum / 16, 1 - sum / 16];
    },
  });
const size = { width: WIDTH, height: HEIGHT };

test("hiding what the model looks at takes everything, and hardly any other place does as much", async () => {
  const claim = await testClaim(model(), white, boxRegion(spot, size), { fill: "black", controls: 99 });
  assert.equal(claim.target.label, "spot");
  assert.equal(claim.change, -1);
  assert.equal(claim.after[0].label, "rest");
  assert.equal(claim.area, 16 / 200);
  assert.ok(claim.chance <= 0.05, `chance ${claim.chance}`);
  assert.match(
    describeClaim(claim),
    /^hiding 8 % of the picture \(black\) takes spot from 1\.0 to \.00; \d of 99 regions/,
  );
});

test("a figure has room for a label that is a long text, of words and of one word", async () => {
  for (const word of ["a sailing boat ", "Dampfschiff", "𝓐"]) {
    const labels = [word.repeat(12), "rest"];
    const long = analyticModel({ width: WIDTH, height: HEIGHT, labels, score: () => [1, 0] });
    const figure = await (await testClaim(long, white, boxRegion(spot, size), { controls: 5 })).figure();
    const { data, info } = await sharp(await figure.png())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const painted = Array.from({ length: 12 * info.height }, (_, i) => {
      const at = 3 * (Math.floor(i / 12) * info.width + info.width - 12 + (i % 12));
      return data.subarray(at, at + 3).some((value) => value !== 255);
    });
    assert.ok(!painted.includes(true), `${word}: nothing stands in the right margin`);
  }
});

test("hiding another place does nothing, and every place does as much", async () => {
  const elsewhere = boxRegion({ x: 0.6, y: 0.6, width: 0.2, height: 0.4 }, size);
  const claim = await testClaim(model(), white, elsewhere, { fill: "black" });
  assert.ok(Math.abs(claim.change) < 1e-6);
  assert.ok(claim.chance > 0.5);
});

test("a rise is compared with rises: the rival gains what the hidden class loses", async () => {
  const claim = await testClaim(model(), white, boxRegion(spot, size), { target: "rest", fill: "black", controls: 99 });
  assert.equal(claim.change, 1);
  assert.ok(claim.chance <= 0.05);
});

test("keeping only the spot keeps the answer", async () => {
  const claim = await testClaim(model(), white, boxRegion(spot, size), { action: "keep", fill: "black", controls: 99 });
  assert.ok(Math.abs(claim.change) < 1e-6);
  assert.ok(claim.chance <= 0.05);
});

test("one pass, one for the region and one for each control", async () => {
  const counted = model();
  await testClaim(counted, white, boxRegion(spot, size), { controls: 10, fill: "black" });
  assert.equal(counted.passes, 12);
});

test("the top region is the share of pixels where the map is largest, ties in order", () => {
  const map = new SaliencyMap({
    data: Float32Array.from({ length: 200 }, (_, i) => (i < 30 ? 1 : 0)),
    ...size,
    signed: false,
  });
  const { mask } = topRegion(map, 0.1, size);
  assert.equal(
    mask.reduce((sum, value) => sum + value, 0),
    20,
  );
  assert.ok(mask.subarray(0, 20).every((value) => value === 1));
});

test("regions that do not fit, are empty or are everything are refused", async () => {
  const region = boxRegion(spot, size);
  await assert.rejects(testClaim(model(), white, { ...region, width: 10 }), { code: "shape-mismatch" });
  await assert.rejects(testClaim(model(), white, { ...region, mask: new Uint8Array(200) }), {
    code: "bad-config",
    message: /empty/,
  });
  await assert.rejects(testClaim(model(), white, { ...region, mask: new Uint8Array(200).fill(1) }), {
    code: "bad-config",
    message: /whole picture/,
  });
  assert.throws(
    () => topRegion(new SaliencyMap({ data: new Float32Array(1), width: 1, height: 1, signed: false }), 1, size),
    { code: "bad-config" },
  );
});

test("what it cannot do is refused by name", async () => {
  const region = boxRegion(spot, size);
  for (const [options, message] of [
    [{ action: "show" }, /testClaim cannot use action 'show': expected hide, keep/],
    [{ fill: "gray" }, /cannot use fill 'gray'/],
    [{ controls: -1 }, /cannot use controls -1: expected a whole number from 0/],
    [{ controls: 1.5 }, /cannot use controls 1\.5/],
  ] as const) {
    await assert.rejects(testClaim(model(), white, region, options as object), { code: "bad-config", message });
  }
});

test("the result shows itself: pictures, bars before and after, the sentence, the random regions", async () => {
  const counted = model();
  const odd = { ...counted, labels: ["<b>spot</b>", "rest"] };
  const claim = await testClaim(odd, white, boxRegion(spot, size), { fill: "black", controls: 12 });
  const passes = counted.passes;
  const bundle = (await claim[displaySymbol]()) as Record<string, string>;
  assert.equal(counted.passes, passes, "showing costs no pass");
  assert.equal(bundle["text/plain"], describeClaim(claim));
  const html = bundle["text/html"];
  assert.ok(!html.includes("<b>spot"), "labels are escaped");
  assert.match(html, /hiding 8 % of the picture \(black\) takes &lt;b&gt;spot&lt;\/b&gt; from 1\.0 to \.00/);
  assert.match(html, /font:18px/);
  const [table] = /<table.*<\/table>/s.exec(html) as RegExpExecArray;
  assert.equal(table.match(/<tr>/g)?.length, 3);
  assert.match(table, /width:100%.*width:0%/s);
  assert.equal(html.match(/width:1px;background:#888/g)?.length, 12);
  assert.equal(html.match(/hiding 8 % of the picture/g)?.length, 1, "the sentence stands there once");
  const [, inlined] = /data:image\/png;base64,([^"]+)"/.exec(html) as RegExpExecArray;
  const heights = [inlined, bundle["image/png"]].map(
    async (png) => (await decodeImage(Buffer.from(png, "base64"))).image.height,
  );
  const [beside, alone] = await Promise.all(heights);
  assert.ok(beside < alone, "where the sentence stands above, the picture does not repeat it");

  const figure = await claim.figure();
  assert.ok(figure.width >= 2 * 800, `${figure.width} pixels wide`);
  assert.deepEqual(figure.warnings, [], "the typeface has every character");
  const { image } = await decodeImage(figure.png());
  const colours = new Set<string>();
  for (let i = 0; i < image.data.length; i += 3) colours.add(image.data.subarray(i, i + 3).join());
  assert.ok(colours.has("255,140,0"), "the region is outlined");
  assert.ok(colours.has("0,0,0"), "the hidden part is black");
  assert.deepEqual(JSON.parse(JSON.stringify(claim)), { ...claim, controls: [...claim.controls] });
});

test("pictures keep the shape of the photograph that a model stretches into a square", async () => {
  const { url, options } = classroom.models.honest;
  await using stretching = await loadModel(url, { ...options, threads: 1 });
  const region = boxRegion({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, stretching.info.input);
  const widths: number[] = [];
  for (const [width, height] of [
    [90, 60],
    [60, 90],
    [64, 64],
  ]) {
    const photo = { data: new Uint8Array(3 * width * height).fill(128), width, height };
    widths.push((await (await testClaim(stretching, photo, region, { controls: 0 })).figure()).width);
  }
  const around = 48;
  assert.deepEqual(widths, [2 * 672 + around, 2 * 448 + around, 2 * 448 + around]);
});

test("what the model says instead is listed, though it was nothing before", async () => {
  const labels = ["spot", "a", "b", "c", "d", "e", "instead"];
  const crowded = analyticModel({
    width: WIDTH,
    height: HEIGHT,
    labels,
    probabilities: "as given",
    score: (image) => (image[0] > 0.5 ? [0.6, 0.1, 0.09, 0.08, 0.07, 0.06, 0] : [0.01, 0, 0, 0, 0, 0, 0.99]),
  });
  const claim = await testClaim(crowded, white, boxRegion(spot, size), { fill: "black", controls: 2 });
  const { "text/html": html } = (await claim[displaySymbol]()) as Record<string, string>;
  const [row] = /<tr><th[^>]*>instead<.*?<\/tr>/s.exec(html) as RegExpExecArray;
  assert.match(row, />–<.*width:99%.*>\.99</s);
});

test("without controls and when only the region is kept, it shows itself as well", async () => {
  const claim = await testClaim(model(), white, boxRegion(spot, size), { action: "keep", fill: "black", controls: 0 });
  const bundle = (await claim[displaySymbol]()) as Record<string, string>;
  assert.match(bundle["text/html"], /keeping only 8 % of the picture/);
  assert.ok(!bundle["text/html"].includes("regions of the same shape"));
});
