import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EigenvalueDecomposition, inverse, Matrix } from "ml-matrix";
import { runSync } from "../../../../src/core/cooperative.js";
import { random } from "../../../../src/core/random.js";
import {
  cholesky,
  products,
  quadraticForms,
  rotate,
  tridiagonalise,
} from "../../../../src/methods/black-box/gp-rise/linear-algebra.js";
import { NOISE_RATIOS, regress } from "../../../../src/methods/black-box/gp-rise/regression.js";

/** A random positive semidefinite matrix of a given rank. */
function gram(size: number, rank: number, seed: number): Matrix {
  const { normal } = random(seed);
  const half = Matrix.from1DArray(size, rank, Array.from({ length: size * rank }, normal));
  return half.mmul(half.transpose());
}

const lowerRows = (matrix: Matrix) =>
  Array.from({ length: matrix.rows }, (_, i) => Float64Array.from(matrix.getRow(i).slice(0, i + 1)));

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  assert.equal(actual.length, expected.length);
  const size = Math.max(1e-300, ...Array.from(expected, Math.abs));
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance * size, `${i}: ${actual[i]} is not ${expected[i]}`);
  }
};

describe("tridiagonalise", () => {
  it("keeps the matrix: Q·T·Qᵀ·y is A·y, and Qᵀ is Q's inverse", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }), fc.nat(1e6), (size, rank, seed) => {
        const matrix = gram(size, rank, seed);
        const form = runSync(tridiagonalise(lowerRows(matrix)));
        const y = Float64Array.from({ length: size }, random(seed + 1).normal);
        const z = rotate(form, y.slice());
        const product = z.map(
          (value, i) =>
            form.diagonal[i] * value +
            (i > 0 ? form.below[i - 1] * z[i - 1] : 0) +
            (i < size - 1 ? form.below[i] * z[i + 1] : 0),
        );
        close(rotate(form, product, true), matrix.mmul(Matrix.columnVector([...y])).to1DArray(), 1e-10);
        close(rotate(form, z, true), y, 1e-12);
      }),
      { numRuns: 60 },
    );
  });
});

describe("regress", () => {
  it("finds the weights and the noise that the eigendecomposition of the whole covariance finds", () => {
    for (const [pairs, rank, noise] of [
      [12, 12, 0.3],
      [20, 5, 0.01],
      [15, 3, 3],
    ]) {
      const { normal } = random(pairs);
      const c = gram(pairs, rank, rank);
      const signal = c.mmul(Matrix.columnVector(Array.from({ length: pairs }, normal))).to1DArray();
      const spread = Math.sqrt(signal.reduce((sum, v) => sum + v * v, 0) / pairs);
      const y = Array.from({ length: 2 * pairs }, (_, n) => {
        const value = signal[n >> 1] / spread;
        return (n % 2 === 0 ? value : -value) + noise * normal();
      });
      const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
      const centred = y.map((value) => value - mean);

      const full = new Matrix(2 * pairs, 2 * pairs);
      for (let i = 0; i < 2 * pairs; i++) {
        for (let j = 0; j < 2 * pairs; j++) full.set(i, j, c.get(i >> 1, j >> 1) * ((i + j) % 2 === 0 ? 1 : -1));
      }
      full.mul((2 * pairs) / full.trace());
      const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(full, {
        assumeSymmetric: true,
      });
      const b = vectors.transpose().mmul(Matrix.columnVector(centred)).to1DArray();
      const order = values.map((_, i) => i).sort((one, other) => values[other] - values[one]);
      const kept = order.slice(0, -1);
      // The constant vector is one of many for the eigenvalue 0: dropping any of them leaves its own b behind.
      const dropped = b[order[order.length - 1]] ** 2;
      const cost = (r: number) => {
        const energy = kept.reduce((sum, i) => sum + b[i] ** 2 / (Math.max(0, values[i]) + r), dropped / r);
        const determinant = kept.reduce((sum, i) => sum + Math.log(Math.max(0, values[i]) + r), 0);
        return (kept.length / 2) * Math.log(energy / kept.length) + determinant / 2;
      };
      const expected = NOISE_RATIOS.reduce((best, r) => (cost(r) < cost(best) ? r : best));
      const alpha = vectors
        .mmul(Matrix.columnVector(b.map((value, i) => value / (Math.max(0, values[i]) + expected))))
        .to1DArray();

      const differences = Float64Array.from({ length: pairs }, (_, k) => (y[2 * k] - y[2 * k + 1]) / Math.SQRT2);
      const sums = Array.from({ length: pairs }, (_, k) => (centred[2 * k] + centred[2 * k + 1]) / Math.SQRT2);
      const form = runSync(tridiagonalise(lowerRows(c)));
      const fit = regress(
        form,
        (2 * pairs) / c.trace(),
        differences,
        sums.reduce((sum, v) => sum + v * v, 0),
      );
      assert.equal(fit.noiseRatio, expected);
      close(
        fit.weights,
        Array.from({ length: pairs }, (_, k) => (alpha[2 * k] - alpha[2 * k + 1]) / Math.SQRT2),
        1e-7,
      );
    }
  });
});

describe("cholesky and quadraticForms", () => {
  it("give wᵀ·A⁻¹·w for every column w", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 9 }), fc.nat(1e6), (size, width, seed) => {
        const { normal } = random(seed);
        const a = Matrix.add(gram(size, 6, seed), Matrix.eye(size).mul(0.05));
        const columns = Matrix.from1DArray(size, width, Array.from({ length: size * width }, normal));
        const lower = runSync(cholesky(lowerRows(a)));
        const forms = runSync(
          quadraticForms(
            lower,
            columns
              .transpose()
              .to2DArray()
              .map((row) => Float64Array.from(row)),
          ),
        );
        close(forms, columns.transpose().mmul(inverse(a)).mmul(columns).diag(), 1e-7);
      }),
      { numRuns: 60 },
    );
  });
});

describe("products", () => {
  it("are the scalar products of every row with every column", () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, fc.nat(1e6), (count, width, length, seed) => {
        const { normal } = random(seed);
        const vectors = (many: number) => Array.from({ length: many }, () => Float64Array.from({ length }, normal));
        const [rows, columns] = [vectors(count), vectors(width)];
        const found = products(rows, columns);
        assert.equal(found.length, width);
        columns.forEach((column, j) => {
          close(
            found[j],
            rows.map((row) => row.reduce((sum, value, i) => sum + value * column[i], 0)),
            1e-12,
          );
        });
      }),
      { numRuns: 60 },
    );
  });
});
