import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assign } from "../../src/core/assignment.js";
import { random } from "../../src/core/random.js";

function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) yield [];
  for (const one of items) for (const rest of permutations(items.filter((item) => item !== one))) yield [one, ...rest];
}

describe("assign", () => {
  it("is worth as much as the best of all permutations, ties and negative worths included", () => {
    for (let seed = 0; seed < 120; seed++) {
      const source = random(seed);
      const n = 1 + source.integer(6);
      const coarse = seed % 3 === 0;
      const worth = Array.from({ length: n }, () =>
        Array.from({ length: n }, () => (coarse ? source.integer(3) : source.normal())),
      );
      const sum = (columns: readonly number[]) => columns.reduce((total, j, i) => total + worth[i][j], 0);
      const found = assign(worth);
      assert.deepEqual(
        found.toSorted(),
        worth.map((_, i) => i),
      );
      const best = Math.max(...[...permutations(worth.map((_, i) => i))].map(sum));
      assert.ok(Math.abs(sum(found) - best) < 1e-9, `seed ${seed}: ${sum(found)} instead of ${best}`);
    }
  });

  it("of nothing is nothing", () => {
    assert.deepEqual(assign([]), []);
  });
});
