import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBytes, pack, toBytes } from "../../src/explorer/pack.js";

test("answers come back as they were, lists of numbers byte for byte", () => {
  const value = {
    ids: Int32Array.of(1, -2, 2 ** 31 - 1),
    maps: { values: Float32Array.of(0.5, Number.NaN, -1), width: 1 },
    sheets: [new Uint8Array([1, 2, 3]).subarray(1), new Uint8Array()],
    none: null,
  };
  assert.deepEqual(fromBytes(toBytes(pack(value))), value);
  assert.deepEqual(fromBytes(Buffer.concat([Buffer.from("x"), toBytes(pack(value))]).subarray(1)), value);
});

test("texts that look like a list's place stay what they are", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(fromBytes(toBytes(pack(value))), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
});
