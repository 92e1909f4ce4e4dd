import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { random } from "../../../src/core/random.js";
import { pearson } from "../../../src/core/statistics.js";
import { dependence, hsic } from "../../../src/methods/black-box/hsic.js";
import { sobol, totalOrder } from "../../../src/methods/black-box/sobol.js";
import { primitivePolynomials, sobolSequence } from "../../../src/methods/black-box/sobol-sequence.js";
import { segmentSubject } from "../../support/segment-subject.js";

const WEIGHTS = [0.1, 0, 0.4, 0, 0.8, 0, 0, 0.2, 0, 0, 0, 0, 0.6, 0, 0, 0.05];
const linear = (shown: readonly number[]) => WEIGHTS.reduce((sum, weight, s) => sum + weight * shown[s], 0);
const falling = (shown: readonly number[]) => 1 - linear(shown);
const ranks = (values: ArrayLike<number>) => {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[b] - values[a]);
  return order.slice(0, 4);
};

describe("sobolSequence", () => {
  it("finds the primitive polynomials: φ(2ⁿ − 1)/n of each degree", () => {
    const found = primitivePolynomials(1 + 1 + 2 + 2 + 6 + 6 + 18 + 16 + 48 + 60);
    assert.deepEqual(found.slice(0, 6), [3, 7, 11, 13, 19, 25]);
    const degrees = found.map((polynomial) => 31 - Math.clz32(polynomial));
    assert.deepEqual(
      Array.from({ length: 10 }, (_, i) => degrees.filter((degree) => degree === i + 1).length),
      [1, 1, 2, 2, 6, 6, 18, 16, 48, 60],
    );
  });

  it("puts one of every 2ᵏ successive points into each of 2ᵏ equal intervals, in every dimension", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(1e6),
        (dimensions, k, seed) => {
          const next = sobolSequence(dimensions, random(seed));
          const points = Array.from({ length: 2 ** k }, next);
          for (let d = 0; d < dimensions; d++) {
            assert.equal(new Set(points.map((point) => Math.floor(point[d] * 2 ** k))).size, 2 ** k);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("integrates better than random points", () => {
    const smooth = (x: ArrayLike<number>) => Array.from(x).reduce((product, v) => product * (1 + (v - 0.5) / 2), 1);
    const error = (points: ArrayLike<number>[]) =>
      Math.abs(points.reduce((sum, point) => sum + smooth(point), 0) / points.length - 1);
    let quasi = 0;
    let plain = 0;
    for (let seed = 0; seed < 10; seed++) {
      const source = random(seed);
      quasi += error(Array.from({ length: 256 }, sobolSequence(8, random(seed)))) / 10;
      plain += error(Array.from({ length: 256 }, () => Array.from({ length: 8 }, source.uniform))) / 10;
    }
    assert.ok(quasi < plain / 3, `${quasi} against ${plain}`);
  });
});

describe("sobol", () => {
  it("gives the analytic total-order indices of a function with an interaction", () => {
    const f = (x: ArrayLike<number>) => 2 * x[0] + x[1] + 6 * (x[1] - 0.5) * (x[2] - 0.5);
    const [v0, v1, v12] = [4 / 12, 1 / 12, 36 / 144];
    const total = v0 + v1 + v12;
    const next = sobolSequence(8, random(3));
    const scores = Array.from({ length: 4096 }, next).flatMap((row) => {
      const [a, b] = [row.subarray(0, 4), row.subarray(4)];
      return [f(a), f(b), ...Array.from(b, (value, j) => f(a.map((kept, i) => (i === j ? value : kept))))];
    });
    const indices = totalOrder(scores, 4);
    for (const [j, expected] of [v0 / total, (v1 + v12) / total, v12 / total, 0].entries()) {
      assert.ok(Math.abs(indices[j] - expected) < 0.01, `${j}: ${indices[j]} is not ${expected}`);
    }
  });

  it("ranks the cells of a linear model by their squared weights, whatever the sign", async () => {
    const subject = segmentSubject(4, [linear, falling, () => 0.3]);
    const options = { ...sobol.defaults, cells: 4, designs: 32 };
    const { maps } = await sobol.explain(subject, options);
    assert.equal(subject.passes, 32 * 18);
    assert.equal(sobol.cost(options).forward, 32 * 18);
    assert.deepEqual(ranks(maps[0].data), [4, 12, 2, 7]);
    assert.ok(
      pearson(
        maps[0].data,
        WEIGHTS.map((weight) => weight ** 2),
      ) > 0.98,
    );
    assert.ok(maps[1].data.every((value, s) => Math.abs(value - maps[0].data[s]) < 1e-4));
    assert.ok(maps[2].data.every((value) => value === 0));
  });

  it("has a usable map after the first row of its design", async () => {
    const subject = segmentSubject(4, [linear]);
    const { maps, notes } = await sobol.explain(subject, { ...sobol.defaults, cells: 4, budget: { passes: 20 } });
    assert.equal(subject.passes, 20);
    assert.ok(maps[0].data.every(Number.isFinite));
    assert.ok(maps[0].data[4] > 0);
    assert.equal(maps[0].data[1], 0);
    assert.match(notes?.[0] ?? "", /budget after 20 of 576/);
  });
});

describe("hsic", () => {
  it("is tr(K·H·L·H) / (n − 1)² with the kernels written out", () => {
    const { uniform } = random(4);
    const [n, cells] = [24, 3];
    const design = Uint8Array.from({ length: n * cells }, () => (uniform() < 0.5 ? 1 : 0));
    const y = Array.from({ length: n }, (_, i) => design[i * cells] + 0.3 * uniform());
    const distances = y.flatMap((one, i) => y.slice(0, i).map((other) => Math.abs(one - other)));
    const width = distances.sort((a, b) => a - b)[distances.length >> 1];
    const h = Matrix.eye(n).sub(Matrix.ones(n, n).div(n));
    const l = new Matrix(y.map((one) => y.map((other) => Math.exp(-((one - other) ** 2) / (2 * width ** 2)))));
    const actual = dependence(design, cells, y);
    for (let c = 0; c < cells; c++) {
      const column = Array.from({ length: n }, (_, i) => design[i * cells + c]);
      const k = new Matrix(column.map((one) => column.map((other) => (one === other ? 1 : 0))));
      const expected = k.mmul(h).mmul(l).mmul(h).trace() / (n - 1) ** 2;
      assert.ok(Math.abs(actual[c] - expected) < 1e-12, `${actual[c]} is not ${expected}`);
    }
  });

  it("ranks the cells of a linear model, whatever the sign, and sees dependence that has no mean", async () => {
    const noisySquare = (shown: readonly number[]) => (shown[5] ? (shown[0] + shown[1] - 1) * 0.5 : 0);
    const subject = segmentSubject(4, [linear, falling, noisySquare, () => 1]);
    const options = { ...hsic.defaults, cells: 4, masks: 800 };
    const { maps } = await hsic.explain(subject, options);
    assert.equal(subject.passes, hsic.cost(options).forward);
    assert.deepEqual(ranks(maps[0].data).slice(0, 3), [4, 12, 2]);
    assert.deepEqual(ranks(maps[1].data).slice(0, 3), [4, 12, 2]);
    assert.ok(ranks(maps[2].data).slice(0, 3).includes(5));
    assert.ok(maps[3].data.every((value) => value === 0));
  });
});
