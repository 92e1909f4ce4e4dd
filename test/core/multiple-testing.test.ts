import assert from "node:assert/strict";
import { test } from "node:test";
import { benjaminiHochberg, twoSided } from "../../src/core/multiple-testing.js";

test("Benjamini and Hochberg's values, as statsmodels gives them", () => {
  // statsmodels.stats.multitest.multipletests([...], method="fdr_bh")[1]
  const ps = [0.01, 0.04, 0.03, 0.005, 0.5];
  const expected = [0.025, 0.05, 0.05, 0.025, 0.5];
  assert.deepEqual(
    benjaminiHochberg(ps).map((q) => Number(q.toFixed(12))),
    expected,
  );
  assert.deepEqual(benjaminiHochberg([]), []);
  assert.deepEqual(benjaminiHochberg([0.2]), [0.2]);
});

test("two tails of the normal distribution", () => {
  for (const [z, p] of [
    [0, 1],
    [1.959964, 0.05],
    [-2.575829, 0.01],
    [5, 5.733e-7],
  ]) {
    assert.ok(Math.abs(twoSided(z) - p) < 4e-7, `${z}: ${twoSided(z)}`);
  }
});
