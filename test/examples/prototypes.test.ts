import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { random } from "../../src/core/random.js";
import { median } from "../../src/core/statistics.js";
import { PictureLibrary } from "../../src/examples/library.js";
import { prototypes } from "../../src/examples/prototypes.js";

const libraryOf = (rows: readonly (readonly number[])[]) =>
  new PictureLibrary(
    { name: "by hand", sha256: "0" },
    [],
    rows.map((row, index) => ({
      index,
      name: `${index}`,
      features: Float32Array.from(row),
      colours: new Float32Array(),
    })),
    [],
  );

/** A direction in the plane, at an angle in degrees. */
const at = (degrees: number, length = 1) => [
  length * Math.cos((degrees * Math.PI) / 180),
  length * Math.sin((degrees * Math.PI) / 180),
];

describe("prototypes and criticisms", () => {
  it("are one of each group, and what belongs to none", async () => {
    const groups = [-2, 0, 2, 88, 90, 92, 181].map((degrees, i) => at(degrees, 1 + i));
    const { prototypes: found, criticisms } = await prototypes(libraryOf(groups), { count: 2, criticisms: 1 });
    assert.deepEqual(found.map(({ index }) => Math.floor(index / 3)).toSorted(), [0, 1]);
    assert.deepEqual(
      criticisms.map(({ index }) => index),
      [6],
    );
  });

  it("are what trying every picture at each step finds, on random features", async () => {
    for (let seed = 0; seed < 10; seed++) {
      const source = random(seed);
      const rows = Array.from({ length: 14 }, () => Array.from({ length: 3 }, () => source.normal()));
      const {
        prototypes: found,
        criticisms,
        discrepancy,
      } = await prototypes(libraryOf(rows), { count: 4, criticisms: 3 });
      const kernel = denseKernel(rows);
      const expected = greedy(4, [], (set) => -discrepancyOf(kernel, set));
      assert.deepEqual(
        found.map(({ index }) => index),
        expected,
      );
      assert.ok(Math.abs(discrepancy - discrepancyOf(kernel, expected)) < 1e-6);
      const odd = greedy(3, expected, (set) => criticismOf(kernel, expected, set));
      assert.deepEqual(
        criticisms.map(({ index }) => index),
        odd,
      );
    }
  });

  it("stand for the library wholly when they are all of it", async () => {
    const { discrepancy } = await prototypes(libraryOf([at(0), at(40), at(90)]), { count: 3, criticisms: 0 });
    assert.ok(discrepancy < 1e-9);
  });

  it("are chosen among pictures that are all alike, and among features of zero", async () => {
    const { prototypes: alike } = await prototypes(libraryOf([at(0), at(0), at(0)]), { count: 2, criticisms: 1 });
    assert.deepEqual(
      alike.map(({ index }) => index),
      [0, 1],
    );
    assert.equal((await prototypes(libraryOf([[0, 0], at(0)]), { count: 1, criticisms: 1 })).criticisms.length, 1);
  });

  it("refuse more than there are, and what is no library", async () => {
    await assert.rejects(prototypes(libraryOf([at(0)]), { count: 1, criticisms: 1 }), { code: "bad-config" });
    await assert.rejects(prototypes([] as unknown as PictureLibrary), { code: "bad-config" });
    await assert.rejects(prototypes(libraryOf([at(0)]), { count: 0 }), { code: "bad-config" });
  });
});

type Matrix = readonly (readonly number[])[];

function denseKernel(rows: Matrix): Matrix {
  const unit = rows.map((row) => row.map((value) => value / Math.hypot(...row)));
  const squared = unit.map((a) => unit.map((b) => a.reduce((sum, value, c) => sum + (value - b[c]) ** 2, 0)));
  const width = median(squared.flatMap((row, i) => row.slice(0, i)));
  return squared.map((row) => row.map((value) => Math.exp(-value / (2 * width))));
}

/** The set that grows by whatever makes it worth most. */
function greedy(count: number, taken: readonly number[], worth: (set: readonly number[]) => number): number[] {
  const set: number[] = [];
  while (set.length < count) {
    const free = Array.from({ length: 14 }, (_, i) => i).filter((i) => !taken.includes(i) && !set.includes(i));
    set.push(free.reduce((best, i) => (worth([...set, i]) > worth([...set, best]) ? i : best)));
  }
  return set;
}

const meanOver = (kernel: Matrix, a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, i) => sum + b.reduce((inner, j) => inner + kernel[i][j], 0), 0) / (a.length * b.length);

function discrepancyOf(kernel: Matrix, set: readonly number[]): number {
  const all = kernel.map((_, i) => i);
  return meanOver(kernel, all, all) - 2 * meanOver(kernel, all, set) + meanOver(kernel, set, set);
}

function criticismOf(kernel: Matrix, chosen: readonly number[], set: readonly number[]): number {
  const all = kernel.map((_, i) => i);
  const witness = set.reduce((sum, i) => sum + Math.abs(meanOver(kernel, all, [i]) - meanOver(kernel, chosen, [i])), 0);
  return witness + Math.log(determinant(set.map((i) => set.map((j) => kernel[i][j]))));
}

/** By Gaussian elimination; of matrices that are positive definite. */
function determinant(matrix: number[][]): number {
  let product = 1;
  for (let k = 0; k < matrix.length; k++) {
    product *= matrix[k][k];
    for (let i = k + 1; i < matrix.length; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      for (let j = k; j < matrix.length; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  }
  return product;
}
