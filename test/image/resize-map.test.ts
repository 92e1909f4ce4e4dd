import assert from "node:assert/strict";
import { test } from "node:test";
import { resizeMap } from "../../src/image/resize-map.js";

test("doubling a row of two interpolates at half-pixel centres and clamps the edges", () => {
  assert.deepEqual([...resizeMap(Float32Array.of(0, 4), 2, 1, 4, 1)], [0, 1, 3, 4]);
});

test("both directions are interpolated", () => {
  const out = resizeMap(Float32Array.of(0, 2, 4, 6), 2, 2, 4, 4);
  assert.deepEqual([...out.subarray(4, 8)], [1, 1.5, 2.5, 3]);
  assert.deepEqual([out[0], out[15]], [0, 6]);
});

test("the same size is the same map, bit for bit", () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(i)));
  assert.deepEqual(resizeMap(data, 4, 3, 4, 3), data);
});

test("a constant stays constant at any size, also when it shrinks", () => {
  const data = new Float32Array(49).fill(0.1);
  for (const [w, h] of [
    [1, 1],
    [3, 11],
    [224, 5],
  ] as const) {
    assert.deepEqual(new Set(resizeMap(data, 7, 7, w, h)), new Set([Math.fround(0.1)]));
  }
});

test("a value that is not finite blanks its neighbourhood only", () => {
  const out = resizeMap(Float32Array.of(1, 1, 1, Number.NaN), 4, 1, 8, 1);
  assert.deepEqual([...out.subarray(0, 5)], [1, 1, 1, 1, 1]);
  assert.ok(Number.isNaN(out[7]));
});
