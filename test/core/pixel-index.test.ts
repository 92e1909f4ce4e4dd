import assert from "node:assert/strict";
import { test } from "node:test";
import { type PixelLayout, pixelIndex, placeOf } from "../../src/core/pixel-index.js";

const picture = { channels: 3, height: 2, width: 4 };

test("every value has one index, and the index its place", () => {
  for (const layout of ["nchw", "nhwc"] as const) {
    const geometry: PixelLayout = { ...picture, layout };
    const at = pixelIndex(geometry);
    const place = placeOf(geometry);
    const indices = new Set<number>();
    for (let channel = 0; channel < 3; channel++) {
      for (let p = 0; p < 8; p++) {
        indices.add(at(channel, p));
        assert.equal(place(at(channel, p)), p);
      }
    }
    assert.deepEqual(
      [...indices].sort((a, b) => a - b),
      Array.from({ length: 24 }, (_, i) => i),
    );
  }
});

test("channels come first or last, tokens after those that stand for no place", () => {
  assert.equal(pixelIndex({ ...picture, layout: "nchw" })(1, 5), 8 + 5);
  assert.equal(pixelIndex({ ...picture, layout: "nhwc" })(1, 5), 5 * 3 + 1);
  assert.equal(pixelIndex({ ...picture, layout: "tokens", offset: 1 })(1, 5), 6 * 3 + 1);
});
