import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countOf,
  difference,
  includes,
  inOrder,
  numbersOf,
  rangesOf,
  union,
} from "../../../src/audit/annotations/ranges.js";

const numbers = () => fc.array(fc.nat(60), { maxLength: 60 });
const sorted = (set: Iterable<number>) => [...set].sort((a, b) => a - b);

test("ranges are sets of numbers: what comes out of every operation is what a set would hold", () => {
  fc.assert(
    fc.property(numbers(), numbers(), (first, second) => {
      const [a, b] = [new Set(first), new Set(second)];
      const [x, y] = [rangesOf(first), rangesOf(second)];
      assert.deepEqual([...numbersOf(x)], sorted(a));
      assert.equal(countOf(x), a.size);
      const [both, left] = [union(x, y), difference(x, y)];
      assert.deepEqual([...numbersOf(both)], sorted(new Set([...a, ...b])));
      assert.deepEqual([...numbersOf(left)], sorted([...a].filter((number) => !b.has(number))));
      for (const ranges of [x, both, left]) assert.ok(inOrder(ranges), JSON.stringify(ranges));
      for (let number = 0; number <= 61; number++) assert.equal(includes(x, number), a.has(number));
    }),
    { numRuns: 300 },
  );
});

test("ranges out of order, overlapping, touching or reversed are told from those in order", () => {
  assert.ok(inOrder([]));
  assert.ok(
    inOrder([
      [0, 0],
      [2, 5],
    ]),
  );
  for (const ranges of [
    [[3, 2]],
    [
      [5, 6],
      [1, 2],
    ],
    [
      [0, 3],
      [3, 4],
    ],
    [
      [0, 1],
      [2, 3],
    ],
  ] as [number, number][][]) {
    assert.ok(!inOrder(ranges), JSON.stringify(ranges));
  }
});
