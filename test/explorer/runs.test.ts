import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LONGEST } from "../../src/audit/annotations/entry.js";
import { idsOf, MOST_PICTURES, runsOf } from "../../src/explorer/runs.js";

test("any choice of pictures comes back from its runs, in order and each once", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 80 }), (ids) => {
      assert.deepEqual(
        idsOf(runsOf(ids)),
        [...new Set(ids)].sort((a, b) => a - b),
      );
    }),
  );
});

test("a view of any choice of a million pictures is as long as a view may be, or shorter", () => {
  const worst = Array.from({ length: 500_000 }, (_, i) => 2 * i + 1);
  const text = JSON.stringify(runsOf(worst));
  assert.ok(text.length < LONGEST.view - 100_000, `${text.length} characters`);
  assert.deepEqual(idsOf(JSON.parse(text)), worst);
});

test("what are no runs, or more pictures than an audit can have, is no choice", () => {
  const wrong: unknown[][] = [
    [1],
    [0, 0],
    [-1, 2],
    [0, 1.5],
    ["x", 1],
    [0, null],
    [0, MOST_PICTURES + 1],
    [0, 1e300],
    [1e300, "1e9"],
  ];
  for (const runs of wrong) assert.equal(idsOf(runs), undefined, JSON.stringify(runs));
});
