import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { completeOptions } from "../../src/methods/method.js";
import { find } from "../../src/methods/registry.js";
import { savedModel, tinyCnn } from "../support/models.js";

const occlusionOn = (width: number, height: number, preset: "speed" | "balance" | "quality" = "balance") => {
  const { window, stride } = completeOptions(find("occlusion"), preset, {}, { width, height });
  return [window, stride];
};

describe("defaults in pixels", () => {
  it("are in proportion to the input's shorter side", () => {
    assert.deepEqual(occlusionOn(224, 224), [32, 16]);
    assert.deepEqual(occlusionOn(224, 224, "speed"), [48, 32]);
    assert.deepEqual(occlusionOn(224, 224, "quality"), [32, 8]);
    assert.deepEqual(occlusionOn(28, 28), [4, 2]);
    assert.deepEqual(occlusionOn(32, 32), [5, 2]);
    assert.deepEqual(occlusionOn(192, 48), [7, 3]);
    assert.deepEqual(occlusionOn(448, 448), [64, 32]);
    assert.deepEqual(occlusionOn(4, 4), [1, 1]);
    assert.equal(completeOptions(find("xrai"), "balance", {}, { width: 28, height: 28 }).minPixelDifference, 1);
    assert.equal(completeOptions(find("feature-visualization"), "balance", {}, { width: 28, height: 28 }).jitter, 1);
  });

  it("give way to what is asked for, also within contrast", () => {
    const input = { width: 28, height: 28 };
    assert.deepEqual(completeOptions(find("occlusion"), "balance", { window: 9 }, input), {
      window: 9,
      stride: 2,
      fill: "mean",
    });
    const options = { by: "occlusion", effort: "balance", options: {} };
    const info = { input: { name: "x", layout: "nchw", channels: 3, ...input } };
    const { cost } = find("contrast");
    assert.equal(cost(options, info as never).forward, 13 * 13);
  });

  for (const size of [28, 32]) {
    it(`give occlusion dozens of windows on ${size} × ${size} pixels`, async () => {
      await using model = await loadModel(savedModel(tinyCnn({ size })), { preprocess: { mean: 0.5, std: 0.25 } });
      const image: RawImage = {
        data: Uint8Array.from({ length: size * size * 3 }, (_, i) => {
          const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
          return Math.hypot(x - size * 0.6, y - size * 0.4) < size / 4 ? [230, 90, 40][i % 3] : 100;
        }),
        width: size,
        height: size,
      };
      for (const preset of ["speed", "balance", "quality"] as const) {
        const e = await explain(model, image, { method: "occlusion", preset });
        assert.ok(e.provenance.forwardPasses > 30, `${preset}: ${e.provenance.forwardPasses} passes`);
        assert.ok(new Set(e.map().data).size > 30);
      }
    });
  }
});
