import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../../src/core/random.js";
import { felzenszwalb, felzenszwalbScales } from "../../src/segment/felzenszwalb.js";

const [width, height] = [24, 20];

/** Dark on the left, bright on the right, with a little noise. */
function halves(noise = 0): Float32Array {
  const draw = random(3);
  return Float32Array.from({ length: width * height }, (_, p) => (p % width < 12 ? -0.5 : 0.5) + noise * draw.normal());
}

test("two plain halves are two segments, cut where they meet", () => {
  const { labels, count } = felzenszwalb([halves()], width, height, { scale: 50, sigma: 0, minSize: 5 });
  assert.equal(count, 2);
  labels.forEach((label, p) => {
    assert.equal(label, p % width < 12 ? 0 : 1);
  });
});

test("noise on the halves does not cut them up", () => {
  const { count } = felzenszwalb([halves(0.005)], width, height, { scale: 2000, sigma: 0.8, minSize: 60 });
  assert.equal(count, 2);
});

test("no segment is smaller than asked, and labels have no gaps", () => {
  const draw = random(5);
  const planes = [0, 1, 2].map(() => Float32Array.from({ length: width * height }, () => draw.normal()));
  const { labels, count } = felzenszwalb(planes, width, height, { scale: 1, sigma: 0.5, minSize: 12 });
  const sizes = new Array<number>(count).fill(0);
  for (const label of labels) sizes[label]++;
  assert.ok(sizes.every((size) => size >= 12));
  assert.ok(count > 2);
});

test("a larger scale makes no more segments, and several scales at once are the same", () => {
  const draw = random(7);
  const plane = Float32Array.from({ length: width * height }, () => draw.uniform());
  const scales = [1, 20, 100, 1000];
  const together = felzenszwalbScales([plane], width, height, scales, { sigma: 0.8, minSize: 4 });
  together.forEach((segments, i) => {
    assert.deepEqual(segments, felzenszwalb([plane], width, height, { scale: scales[i], sigma: 0.8, minSize: 4 }));
    if (i > 0) assert.ok(segments.count <= together[i - 1].count);
  });
});

test("a flat picture is one segment", () => {
  const { count } = felzenszwalb([new Float32Array(width * height)], width, height, {
    scale: 50,
    sigma: 0.8,
    minSize: 10,
  });
  assert.equal(count, 1);
});
