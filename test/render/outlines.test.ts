import assert from "node:assert/strict";
import { test } from "node:test";
import type { Look } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import { outlines } from "../../src/render/outlines.js";
import { paint } from "../../src/render/paint.js";
import { prepareMap } from "../../src/render/prepared-map.js";

const SIDE = 200;

/** 1 within a circle around a point, 0 outside; fractions of the side. */
function disks(circles: readonly { x: number; y: number; r: number; value?: number }[], signed = false): MapLike {
  const data = new Float32Array(SIDE * SIDE);
  for (const { x, y, r, value = 1 } of circles) {
    for (let i = 0; i < data.length; i++) {
      if (Math.hypot((i % SIDE) + 0.5 - x * SIDE, Math.floor(i / SIDE) + 0.5 - y * SIDE) < r * SIDE) data[i] = value;
    }
  }
  return { data, width: SIDE, height: SIDE, signed };
}

const look: Look = {
  type: "outlines",
  polarity: "positive",
  clipBelow: 0,
  clipAbove: 100,
  colourMap: "pink_green",
  overlay: "none",
  weight: 0.5,
};

const ringsOf = (map: MapLike, changes: Partial<Look> = {}) => {
  const prepared = prepareMap(map, { width: SIDE, height: SIDE });
  const chosen = { ...look, ...changes };
  return outlines(prepared, chosen, prepared.percentiles.range(chosen));
};

test("the middle line around a disk is a circle of its radius", () => {
  const rings = ringsOf(disks([{ x: 0.4, y: 0.6, r: 0.2 }])).filter(({ level }) => level === 0.5);
  assert.equal(rings.length, 1);
  for (const [x, y] of rings[0].points) {
    const radius = Math.hypot(x - 0.4, y - 0.6);
    assert.ok(Math.abs(radius - 0.2) < 0.006, `radius ${radius}`);
  }
});

test("every level goes round the evidence, the higher ones within the lower", () => {
  const rings = ringsOf(disks([{ x: 0.5, y: 0.5, r: 0.25 }]));
  const mean = ({ points }: (typeof rings)[number]) =>
    points.reduce((sum, [x, y]) => sum + Math.hypot(x - 0.5, y - 0.5), 0) / points.length;
  assert.deepEqual(
    rings.map(({ level }) => level),
    [0.3, 0.5, 0.8],
  );
  assert.ok(mean(rings[0]) > mean(rings[1]) && mean(rings[1]) > mean(rings[2]));
});

test("specks get no lines beside what is larger", () => {
  const rings = ringsOf(
    disks([
      { x: 0.3, y: 0.3, r: 0.2 },
      { x: 0.9, y: 0.9, r: 0.006 },
    ]),
  );
  assert.ok(rings.every(({ points }) => points.every(([x]) => x < 0.6)));
});

test("evidence against has its own lines when both are drawn", () => {
  const map = disks(
    [
      { x: 0.3, y: 0.5, r: 0.15 },
      { x: 0.7, y: 0.5, r: 0.15, value: -1 },
    ],
    true,
  );
  const sides = ringsOf(map, { polarity: "both" }).map(({ against, points }) => [against, points[0][0] > 0.5]);
  assert.equal(sides.length, 6);
  assert.ok(sides.every(([against, right]) => against === right));
  assert.ok(ringsOf(map).every(({ against }) => !against));
  assert.ok(ringsOf(map, { polarity: "negative" }).every(({ points }) => points[0][0] > 0.5));
});

function painted(map: MapLike, changes: Partial<Look>): (x: number, y: number) => number[] {
  const data = new Uint8Array(SIDE * SIDE * 3).fill(120);
  const out = new Uint8ClampedArray(SIDE * SIDE * 4);
  const prepared = prepareMap(map, { width: SIDE, height: SIDE });
  paint(prepared, { data, width: SIDE, height: SIDE }, { ...look, ...changes }, out);
  return (x, y) => [...out.subarray((y * SIDE + x) * 4, (y * SIDE + x) * 4 + 3)];
}

test("lines are drawn at the edge, green for evidence, and nothing is drawn inside or outside", () => {
  const at = painted(disks([{ x: 0.5, y: 0.5, r: 0.25 }]), { overlay: "grayscale" });
  assert.deepEqual(at(100, 100), [120, 120, 120]);
  assert.deepEqual(at(5, 5), [120, 120, 120]);
  const [red, green, blue] = at(50, 100);
  assert.ok(green > red + 40 && green > blue + 40, `${[red, green, blue]}`);
});

test("mask_black shows the picture inside the lines only", () => {
  const at = painted(disks([{ x: 0.5, y: 0.5, r: 0.25 }]), { overlay: "mask_black" });
  assert.deepEqual(at(100, 100), [120, 120, 120]);
  assert.deepEqual(at(5, 100), [0, 0, 0]);
});

test("evidence that reaches the border is not outlined along it", () => {
  const map = disks([{ x: 0, y: 0.5, r: 0.3 }]);
  const at = painted(map, { overlay: "grayscale" });
  assert.deepEqual(at(0, 100), [120, 120, 120]);
});
