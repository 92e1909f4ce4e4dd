import assert from "node:assert/strict";
import { test } from "node:test";
import { concentration, describeMap } from "../../src/render/describe.js";
import { duration, mapValue, oneLine, plural, probability } from "../../src/render/format.js";

const map = (rows: readonly (readonly number[])[], signed = false) => ({
  data: Float32Array.from(rows.flat()),
  width: rows[0].length,
  height: rows.length,
  signed,
});

test("the strongest place, its share of the evidence and of the picture are told", () => {
  const rows = Array.from({ length: 10 }, () => new Array(10).fill(0));
  rows[8][1] = 6;
  rows[8][2] = 3;
  rows[1][8] = 1;
  assert.deepEqual(concentration(map(rows)), { place: "on the lower left", area: 0.02, share: 0.9 });
  assert.equal(describeMap(map(rows)), "strongest on the lower left; 90 % of the evidence in 2 % of the picture");
});

test("what is spread is called spread", () => {
  const rows = Array.from({ length: 6 }, (_, y) => Array.from({ length: 6 }, (_, x) => 10 + Math.sin(x + y)));
  assert.match(describeMap(map(rows, true)), /^spread over the picture/);
});

test("evidence against is told apart", () => {
  const rows = [
    [0, 0, -2],
    [0, 0, 0],
    [3, 0, 0],
  ];
  assert.match(
    describeMap(map(rows, true)),
    /^strongest on the lower left;.*; evidence against strongest on the upper right$/,
  );
  assert.equal(describeMap(map([[0, -1, 0]], true)), "only evidence against, strongest in the centre");
});

test("a flat map is called flat", () => {
  assert.equal(
    describeMap(
      map([
        [1, 1],
        [1, 1],
      ]),
    ),
    "no evidence above noise",
  );
});

test("numbers are written as the house writes them", () => {
  assert.deepEqual([0.3916, 1, 0.996, 0.001, 0].map(probability), [".39", "1.0", "1.0", "<.01", ".00"]);
  assert.deepEqual([0.4, -0.0123, 1.26, 123.4, 0.0000123, 0].map(mapValue), [
    ".40",
    "−.012",
    "1.3",
    "123",
    "1.2e−5",
    "0",
  ]);
  assert.deepEqual([41.2, 2345, 200_000].map(duration), ["41\u00a0ms", "2.3\u00a0s", "3\u00a0min 20\u00a0s"]);
  assert.deepEqual(
    [plural(1, "map"), plural(1000, "map"), plural(2, "pass", "passes")],
    ["1 map", "1,000 maps", "2 passes"],
  );
});

test("text is made one line without what turns or hides it", () => {
  assert.equal(oneLine("a\n b\u0000\u202Ec\u200b"), "a b c");
});
