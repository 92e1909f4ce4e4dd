import assert from "node:assert/strict";
import { test } from "node:test";
import { wilsonInterval } from "../../src/core/wilson.js";

test("Wilson's interval: known values, and its ends", () => {
  const close = ([low, high]: readonly [number, number], expected: [number, number]) => {
    assert.ok(Math.abs(low - expected[0]) < 5e-4 && Math.abs(high - expected[1]) < 5e-4, `${low} ${high}`);
  };
  close(wilsonInterval(5, 10), [0.2366, 0.7634]);
  close(wilsonInterval(0, 20), [0, 0.1611]);
  close(wilsonInterval(20, 20), [0.8389, 1]);
  assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
});
