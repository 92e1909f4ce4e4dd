import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluate } from "../../src/evaluate/index.js";
import { loadModel } from "../../src/load-model.js";
import { handmade } from "../support/explanations.js";
import { fixture } from "../support/fixtures.js";
import { readNpz } from "../support/npz.js";

describe("insertion and deletion on EfficientNet-Lite0", () => {
  for (const name of ["chelsea", "coffee"]) {
    it(`follow curves of ${name} computed by another tool, point by point`, async () => {
      const arrays = await readNpz(fixture(`evaluate/${name}-curves.npz`));
      const numbers = (name: string) => Array.from(arrays.get(name)?.data as ArrayLike<number>, Number);
      const [rgb, ranking, [target]] = [numbers("rgb"), numbers("ranking"), numbers("class_index")];
      const pixels = ranking.length;
      const data = Float32Array.from({ length: 3 * pixels }, (_, i) => {
        const value = rgb[(i % pixels) * 3 + Math.floor(i / pixels)];
        return (value / 255 - 0.498) / 0.502;
      });
      const map = new Float32Array(pixels);
      ranking.forEach((pixel, rank) => {
        map[pixel] = pixels - rank;
      });
      await using model = await loadModel("efficientnet-lite0", { threads: 1 });
      const image = { data: Uint8Array.from(rgb), width: 224, height: 224 };
      const explanation = handmade(model, image, { data: map, width: 224, height: 224 }, { target });
      const result = await evaluate(model, { data, dims: [1, 3, 224, 224] }, explanation, {
        metrics: ["insertion", "deletion"],
        nulls: 0,
      });
      for (const metric of ["insertion", "deletion"]) {
        const expected = numbers(metric);
        const { curve } = result.get(metric);
        assert.equal(curve?.y.length, 51);
        for (const [i, y] of expected.entries()) {
          assert.ok(Math.abs((curve?.y[i] as number) - y) < 1e-5, `${metric} ${i}: ${curve?.y[i]} instead of ${y}`);
        }
      }
    });
  }
});
