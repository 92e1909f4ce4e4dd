import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runSync } from "../../../src/core/cooperative.js";
import { coordinatesOf } from "../../../src/core/logistic/coordinates.js";
import { fitValidated } from "../../../src/core/logistic/cross-validation.js";
import { minimise } from "../../../src/core/logistic/minimise.js";
import { fitLogistic, type Rows } from "../../../src/core/logistic/regression.js";
import { random } from "../../../src/core/random.js";

interface Case {
  name: string;
  strength: number;
  rows: number[][];
  classes: number[];
  weights: number[][];
  bias: number[];
}

const cases: Case[] = JSON.parse(readFileSync("test/fixtures/train/logistic.json", "utf8"));

const rowsOf = (rows: readonly ArrayLike<number>[], classes: readonly number[]): Rows => ({
  data: Float64Array.from(rows.flatMap((row) => Array.from(row))),
  features: rows[0].length,
  classes: Int32Array.from(classes),
  count: Math.max(...classes) + 1,
});

function near(values: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string): void {
  assert.equal(values.length, expected.length, what);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(values[i] - value) <= tolerance, `${what} ${i}: ${values[i]}, scikit-learn says ${value}`);
  }
}

for (const { name, strength, rows, classes, weights, bias } of cases) {
  test(`scikit-learn's weights: ${name}`, () => {
    const fit = runSync(fitLogistic(rowsOf(rows, classes), { strength, tolerance: 1e-10 }));
    near(fit.weights, weights.flat(), 2e-5, "weight");
    near(fit.bias, bias, 2e-5, "bias");
  });

  test(`the same model in coordinates of the rows' own space: ${name}`, () => {
    const singles = rows.map((row) => Float32Array.from(row));
    const coordinates = coordinatesOf(singles);
    assert.equal(coordinates.width, Math.min(rows[0].length, rows.length - 1));
    const space = { ...rowsOf(rows, classes), data: coordinates.data, features: coordinates.width };
    // coordinates are scaled: C for them is C for the rows times the square of the scale
    const mean = rows[0].map((_, f) => rows.reduce((sum, row) => sum + row[f], 0) / rows.length);
    const power = rows.reduce((sum, row) => sum + row.reduce((s, v, f) => s + (v - mean[f]) ** 2, 0), 0) / rows.length;
    const fit = runSync(fitLogistic(space, { strength: strength * power, tolerance: 1e-10 }));
    for (const [k, expected] of weights.entries()) {
      const own = coordinates.toFeatures(fit.weights.subarray(k * space.features, (k + 1) * space.features));
      near(own.weights, expected, 1e-4, `class ${k}, weight`);
      near([fit.bias[k] + own.bias], [bias[k] + meanShift(weights, rows, bias)], 1e-3, `class ${k}, bias`);
    }
  });
}

/** Biases are known up to a constant that all share; ours sum to 0 where the rows' mean is the origin. */
function meanShift(weights: number[][], rows: number[][], bias: number[]): number {
  const mean = rows[0].map((_, f) => rows.reduce((sum, row) => sum + row[f], 0) / rows.length);
  const at = weights.map((row, k) => bias[k] + row.reduce((sum, weight, f) => sum + weight * mean[f], 0));
  return -at.reduce((sum, value) => sum + value, 0) / at.length;
}

test("Rosenbrock's valley is walked to its end", () => {
  const valley = (at: Float64Array, gradient: Float64Array) => {
    const [x, y] = at;
    gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
    gradient[1] = 200 * (y - x * x);
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  };
  const { at, converged, steps } = runSync(minimise(valley, Float64Array.of(-1.2, 1), 1e-9));
  assert.ok(converged && steps < 100, `${steps} steps`);
  near(at, [1, 1], 1e-8, "coordinate");
});

/** Rows around a centre for each class. */
function clouds(seed: number, sizes: readonly number[], features: number, apart: number) {
  const source = random(seed);
  const classes = sizes.flatMap((size, k) => new Array<number>(size).fill(k));
  const rows = classes.map((k) =>
    Float32Array.from({ length: features }, (_, f) => (f === k ? apart : 0) + source.normal()),
  );
  return { rows, classes };
}

test("noise earns a weak fit and is held out at chance; what is there to learn earns a strong one", () => {
  const fitOf = (apart: number) => {
    const { rows, classes } = clouds(5, [40, 40], 30, apart);
    const { data, width } = coordinatesOf(rows);
    const made = { data, features: width, classes: Int32Array.from(classes), count: 2 };
    const { strength, heldOut } = runSync(fitValidated(made, 0));
    return { strength, right: heldOut.filter((answer, i) => answer === classes[i]).length / classes.length };
  };
  const noise = fitOf(0);
  assert.ok(noise.right > 0.3 && noise.right < 0.7, `noise is held out at ${noise.right}`);
  const clear = fitOf(5);
  assert.ok(clear.right > 0.97 && clear.strength > noise.strength, `${clear.right} at C = ${clear.strength}`);
});

test("the same seed holds out the same rows; another seed others", () => {
  const { rows, classes } = clouds(9, [25, 25], 6, 1);
  const { data, width } = coordinatesOf(rows);
  const made = { data, features: width, classes: Int32Array.from(classes), count: 2 };
  const answers = (seed: number) => runSync(fitValidated(made, seed)).heldOut.join("");
  assert.equal(answers(4), answers(4));
  assert.notEqual(answers(4), answers(5));
});
