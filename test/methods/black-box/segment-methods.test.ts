import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { random } from "../../../src/core/random.js";
import { featureAblation } from "../../../src/methods/black-box/feature-ablation.js";
import { coalitions, kernelShap } from "../../../src/methods/black-box/kernel-shap.js";
import { lime } from "../../../src/methods/black-box/lime.js";
import { cellValues, segmentSubject } from "../../support/segment-subject.js";

const WEIGHTS = [0.3, -0.2, 0.05, 0, 0.4, -0.1, 0.02, 0.15, -0.05];
const linear = (shown: readonly number[]) => 0.1 + WEIGHTS.reduce((sum, weight, s) => sum + weight * shown[s], 0);
const product = (shown: readonly number[]) => shown[0] * shown[1] + 2 * shown[2];
const grid3 = { segments: "grid", count: 9, fill: "black" } as const;

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `part ${i}: ${value} is not ${expected[i]}`);
  });
}

describe("lime", () => {
  it("returns the weights of a linear model", async () => {
    const options = { ...lime.defaults, ...grid3, alpha: 1e-6, samples: 200 };
    const { maps } = await lime.explain(segmentSubject(3, [linear]), options);
    near(cellValues(maps[0].data, 3), WEIGHTS, 1e-5);
  });

  it("shrinks them by its ridge, but not the intercept", async () => {
    const at = async (intercept: number, alpha: number) => {
      const subject = segmentSubject(3, [(shown) => intercept + 0.5 * shown[4]]);
      const { maps } = await lime.explain(subject, { ...lime.defaults, ...grid3, samples: 300, alpha });
      return cellValues(maps[0].data, 3)[4];
    };
    assert.ok((await at(0, 1)) > 0.45);
    assert.ok((await at(0, 1)) < 0.5);
    assert.ok((await at(0, 100)) < 0.25);
    assert.ok(Math.abs((await at(7, 100)) - (await at(0, 100))) < 1e-5);
  });

  it("explains all classes of a run with the same passes, as many as it says", async () => {
    const subject = segmentSubject(3, [linear, product, () => 0.5]);
    const options = { ...lime.defaults, ...grid3, samples: 150 };
    const { maps } = await lime.explain(subject, options);
    assert.equal(subject.passes, 150);
    assert.equal(lime.cost(options).forward, 150);
    assert.ok(maps[2].data.every((value) => Math.abs(value) < 1e-6));
    const again = await lime.explain(segmentSubject(3, [linear, product, () => 0.5], { batch: 7 }), options);
    assert.deepEqual(again.maps[1].data, maps[1].data);
  });

  it("hides a segment behind its mean colour: a plain picture has nothing to lose", async () => {
    const { maps } = await lime.explain(segmentSubject(3, [linear]), { ...lime.defaults, segments: "grid", count: 9 });
    assert.ok(maps[0].data.every((value) => Math.abs(value) < 1e-6));
  });
});

describe("kernel-shap", () => {
  it("returns the weights of a linear model", async () => {
    const { maps } = await kernelShap.explain(segmentSubject(3, [linear]), { ...grid3, samples: 60 });
    near(cellValues(maps[0].data, 3), WEIGHTS, 1e-6);
  });

  it("gives exact Shapley values where all coalitions fit: a product is shared in halves", async () => {
    const subject = segmentSubject(3, [product, (shown) => Math.min(...shown.slice(0, 3))]);
    const { maps } = await kernelShap.explain(subject, grid3);
    assert.equal(subject.passes, 2 ** 9 - 1);
    assert.equal(kernelShap.cost(grid3).forward, 2 ** 9 - 1);
    near(cellValues(maps[0].data, 3), [0.5, 0.5, 2, 0, 0, 0, 0, 0, 0], 1e-6);
    near(cellValues(maps[1].data, 3), [1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0, 0], 1e-6);
  });

  it("adds up to the whole effect exactly, whatever it could afford", async () => {
    for (const samples of [10, 100, 1000]) {
      const options = { segments: "grid", count: 36, fill: "black", samples } as const;
      const subject = segmentSubject(6, [(shown) => Math.tanh(shown[3] * shown[7] + shown[20] - 0.3 * shown[30])]);
      const { maps } = await kernelShap.explain(subject, options);
      assert.equal(subject.passes, samples + 1);
      const total = cellValues(maps[0].data, 6).reduce((sum, value) => sum + value, 0);
      assert.ok(Math.abs(total - (Math.tanh(1.7) - Math.tanh(0))) < 1e-5, `${samples}: ${total}`);
    }
  });

  it("draws complementary pairs whose weights make up the whole kernel", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 2, max: 400 }),
        fc.nat(1000),
        (parts, half, seed) => {
          const count = Math.min(2 * half, 2 ** parts - 2);
          const drawn = coalitions(parts, count, random(seed));
          assert.ok(drawn.length <= count);
          let kernel = 0;
          for (let size = 1; size < parts; size++) kernel += (parts - 1) / (size * (parts - size));
          const total = drawn.reduce((sum, { weight }) => sum + weight, 0);
          assert.ok(Math.abs(total - kernel) < 1e-9 * kernel);
          for (let k = 0; k < drawn.length; k += 2) {
            const size = drawn[k].shown.reduce((sum, value) => sum + value, 0);
            assert.ok(size > 0 && size < parts);
            assert.ok(drawn[k].shown.every((value, i) => value + drawn[k + 1].shown[i] === 1));
          }
        },
      ),
    );
  });
});

describe("feature-ablation", () => {
  it("is the drop of the score when a segment alone is hidden", async () => {
    const subject = segmentSubject(3, [linear, product]);
    const { maps } = await featureAblation.explain(subject, grid3);
    near(cellValues(maps[0].data, 3), WEIGHTS, 1e-6);
    near(cellValues(maps[1].data, 3), [1, 1, 2, 0, 0, 0, 0, 0, 0], 1e-6);
    assert.equal(subject.passes, 9);
    assert.equal(featureAblation.cost(grid3).forward, 9);
    assert.deepEqual(new Set(maps[0].regions).size, 9);
  });
});
