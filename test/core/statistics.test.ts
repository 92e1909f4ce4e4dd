import assert from "node:assert/strict";
import { test } from "node:test";
import { extent, mean, median, pearson, sum, variance } from "../../src/core/statistics.js";

test("sum, mean, variance and extent", () => {
  const values = new Float32Array([1, 2, 3, 6]);
  assert.equal(sum(values), 12);
  assert.equal(mean(values), 3);
  assert.equal(variance(values), 3.5);
  assert.deepEqual(extent(values), [1, 6]);
  assert.deepEqual(extent([]), [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  assert.ok(Number.isNaN(mean([])));
});

test("Pearson's correlation is 1 of a line, −1 of a falling one, 0 with a constant", () => {
  assert.equal(pearson([1, 2, 3], [2, 4, 6]), 1);
  assert.equal(pearson([1, 2, 3], [3, 2, 1]), -1);
  assert.equal(pearson([1, 2, 3], [5, 5, 5]), 0);
});

test("the median is the middle value, or the mean of the middle two", () => {
  assert.equal(median([3, 10, -1]), 3);
  assert.equal(median(new Float32Array([4, 1, 2, 100])), 3);
  assert.ok(Number.isNaN(median([])));
});
