import assert from "node:assert/strict";
import { test } from "node:test";
import { colourMaps } from "../../src/render/colour-maps.js";
import type { Look } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import { paint } from "../../src/render/paint.js";
import { emptiness, Percentiles, prepareMap } from "../../src/render/prepared-map.js";

const look: Look = {
  type: "pixels",
  polarity: "positive",
  clipBelow: 0,
  clipAbove: 100,
  colourMap: "viridis",
  overlay: "none",
  weight: 0.5,
};

const row = (values: readonly number[], signed = false): MapLike => ({
  data: Float32Array.from(values),
  width: values.length,
  height: 1,
  signed,
});

/** Colours of a one-row map over a picture of one colour. */
function colours(map: MapLike, changes: Partial<Look>, under: readonly number[] = [200, 100, 50]): number[][] {
  const { width, height } = map;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => under[i % 3]);
  const out = new Uint8ClampedArray(width * height * 4);
  paint(prepareMap(map, map), { data, width, height }, { ...look, ...changes }, out);
  return Array.from({ length: width * height }, (_, i) => {
    assert.equal(out[i * 4 + 3], 255);
    return [...out.subarray(i * 4, i * 4 + 3)];
  });
}

const near = (actual: readonly number[], expected: readonly number[], tolerance = 1) =>
  assert.ok(
    actual.every((value, i) => Math.abs(value - expected[i]) <= tolerance),
    `${actual} is not ${expected}`,
  );

const PAPER = [255, 255, 255];
const GREY = Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50);

test("values take the colours of their places between the lowest and the highest", () => {
  const [low, middle, high] = colours(row([2, 3, 4]), {});
  near(low, colourMaps.viridis.at(0));
  near(middle, colourMaps.viridis.at(0.5));
  near(high, colourMaps.viridis.at(1));
});

test("clipping is by percentile of the raw values, linear between ranks", () => {
  const values = Array.from({ length: 101 }, (_, i) => i);
  const painted = colours(row(values), { clipBelow: 20, clipAbove: 80 });
  assert.deepEqual(painted[19], PAPER);
  near(painted[20], colourMaps.viridis.at(0));
  near(painted[50], colourMaps.viridis.at(0.5));
  near(painted[80], colourMaps.viridis.at(1));
  assert.deepEqual(painted[100], painted[80]);
  const between = new Percentiles([row([0, 10])]);
  assert.equal(between.at(25, "positive"), 2.5);
});

test("positive, negative and both show their own evidence, zero nothing", () => {
  const map = row([-4, -2, 0, 2, 4], true);
  const green = (t: number) => colourMaps.pink_green.at(t);
  const positive = colours(map, { colourMap: "pink_green" });
  assert.deepEqual(positive.slice(0, 3), [PAPER, PAPER, PAPER]);
  near(positive[3], green(0.5));
  near(positive[4], green(1));
  const negative = colours(map, { colourMap: "pink_green", polarity: "negative" });
  assert.deepEqual(negative.slice(2), [PAPER, PAPER, PAPER]);
  near(negative[0], green(-1));
  near(negative[1], green(-0.5));
  const both = colours(map, { colourMap: "pink_green", polarity: "both" });
  near(both[0], green(-1));
  near(both[4], green(1));
  assert.deepEqual(both[2], PAPER);
});

test("a sequential map shows both polarities over its whole length, zero in its middle", () => {
  const both = colours(row([-4, 4], true), { polarity: "both" });
  near(both[0], colourMaps.viridis.at(0));
  near(both[1], colourMaps.viridis.at(1));
});

test("the colour has the overlay's weight where the evidence is strongest, in proportion between, nothing at the lower end", () => {
  const [none, quarter, full] = colours(row([0, 1, 4]), { overlay: "original", weight: 0.6 });
  assert.deepEqual(none, [200, 100, 50]);
  const mix = (t: number) => {
    const share = 0.6 * t;
    return colourMaps.viridis.at(t).map((colour, c) => share * colour + (1 - share) * [200, 100, 50][c]);
  };
  near(quarter, mix(0.25));
  near(full, mix(1));
});

test("grayscale lays colours over the picture's brightness", () => {
  const [none, full] = colours(row([0, 1]), { overlay: "grayscale" });
  assert.deepEqual(none, [GREY, GREY, GREY]);
  near(
    full,
    colourMaps.viridis.at(1).map((colour) => 0.5 * colour + 0.5 * GREY),
  );
});

test("mask_black shows the picture itself, as bright as the evidence is strong", () => {
  const [none, quarter, full] = colours(row([0, 1, 4]), { overlay: "mask_black" });
  assert.deepEqual(none, [0, 0, 0]);
  near(quarter, [100, 50, 25]);
  near(full, [200, 100, 50]);
});

test("values that are not finite are never drawn and do not move the scale", () => {
  const painted = colours(row([Number.NaN, 0, 1, Number.POSITIVE_INFINITY]), {});
  assert.deepEqual(painted[0], PAPER);
  near(painted[1], colourMaps.viridis.at(0));
  near(painted[2], colourMaps.viridis.at(1));
});

test("a map of zeros but one shows that one at full colour", () => {
  const painted = colours(row([...new Array(99).fill(0), 5], true), { clipAbove: 90 });
  near(painted[99], colourMaps.viridis.at(1));
  assert.deepEqual(painted[0], PAPER);
});

test("a flat map leaves the picture bare and says so", () => {
  const flat = row([0.5, 0.5 + 1e-7, 0.5]);
  assert.deepEqual(new Set(colours(flat, { overlay: "original" }).map(String)), new Set(["200,100,50"]));
  assert.equal(emptiness(prepareMap(flat, flat), "positive"), "no evidence above noise");
});

test("a map with evidence of one sign only says so of the other", () => {
  const against = row([-1, -2, 0], true);
  assert.equal(emptiness(prepareMap(against, against), "positive"), "no positive evidence above noise");
  assert.equal(emptiness(prepareMap(against, against), "negative"), undefined);
  const unsigned = row([1, 2]);
  assert.equal(emptiness(prepareMap(unsigned, unsigned), "negative"), "no negative evidence above noise");
});

test("several maps have one scale when they are asked together", () => {
  const [weak, strong] = [row([0, 1]), row([0, 4])];
  const range = new Percentiles([weak, strong]).range(look);
  assert.deepEqual(range, { low: 0, high: 4 });
  const out = new Uint8ClampedArray(8);
  paint(prepareMap(weak, weak), { data: new Uint8Array(6), width: 2, height: 1 }, look, out, range);
  near([...out.subarray(4, 7)], colourMaps.viridis.at(0.25));
});

test("maps of regions and unsmoothed maps keep their cells", () => {
  const map = row([0, 8]);
  const size = { width: 4, height: 1 };
  assert.deepEqual([...prepareMap(map, size).values], [0, 2, 6, 8]);
  assert.deepEqual([...prepareMap(map, size, { smooth: false }).values], [0, 0, 8, 8]);
  assert.deepEqual([...prepareMap({ ...map, regions: Int32Array.of(0, 1) }, size).values], [0, 0, 8, 8]);
});

test("painting again with other clipping sorts nothing again", () => {
  const map = row([3, 1, 2]);
  const prepared = prepareMap(map, map);
  prepared.percentiles.at(50, "positive");
  map.data.set([9, 9, 9]);
  assert.equal(prepared.percentiles.at(100, "positive"), 3);
});
