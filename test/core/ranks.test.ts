import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { descending, ranks, spearman, topMembership } from "../../src/core/ranks.js";

const floats = fc.array(fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, -1)), {
  minLength: 1,
  maxLength: 40,
});

describe("descending", () => {
  it("sorts as a stable comparison does, ties in their order", () => {
    fc.assert(
      fc.property(floats, (values) => {
        const expected = values
          .map((_, i) => i)
          .sort((a, b) => (values[b] > values[a] ? 1 : values[b] < values[a] ? -1 : a - b));
        assert.deepEqual([...descending(Float32Array.from(values))], expected);
      }),
      { seed: 1 },
    );
  });

  it("tells values of one float apart that differ in the last bit", () => {
    const next = new Float32Array(new Uint32Array([0x3f800001]).buffer)[0];
    assert.deepEqual([...descending(Float32Array.of(1, next, -next, -1))], [1, 0, 3, 2]);
  });
});

describe("ranks", () => {
  it("shares the mean rank among ties", () => {
    assert.deepEqual([...ranks(Float32Array.of(10, 20, 20, 5))], [2, 3.5, 3.5, 1]);
  });
});

describe("spearman", () => {
  it("is 1 for any rising function and −1 for a falling one", () => {
    const a = Float32Array.of(0.1, 3, -2, 8, 8.5);
    assert.equal(spearman(a, a.map(Math.exp)), 1);
    assert.equal(
      spearman(
        a,
        a.map((value) => -value),
      ),
      -1,
    );
  });

  it("is 0 beside a constant, and 1 of two constants, which rank alike whatever their values", () => {
    const [a, zeros, fives] = [Float32Array.of(1, 2, 4), new Float32Array(3), new Float32Array(3).fill(5)];
    assert.equal(spearman(a, zeros), 0);
    assert.equal(spearman(zeros, a), 0);
    assert.equal(spearman(zeros, fives), 1);
  });

  it("agrees with the textbook example of ranks 1 − 6Σd²/n(n²−1)", () => {
    const iq = Float32Array.of(106, 100, 86, 101, 99, 103, 97, 113, 112, 110);
    const hours = Float32Array.of(7, 27, 2, 50, 28, 29, 20, 12, 6, 17);
    assert.ok(Math.abs(spearman(iq, hours) - -29 / 165) < 1e-12);
  });
});

describe("topMembership", () => {
  it("gives the places that are left to all ties alike", () => {
    assert.deepEqual([...topMembership(Float32Array.of(3, 1, 1, 1, 0), 2)], [1, 1 / 3, 1 / 3, 1 / 3, 0]);
  });

  it("adds up to the count, whatever the values", () => {
    fc.assert(
      fc.property(floats, fc.nat(50), (values, count) => {
        const sum = topMembership(Float32Array.from(values), count).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - Math.min(count, values.length)) < 1e-9);
      }),
      { seed: 2 },
    );
  });
});
