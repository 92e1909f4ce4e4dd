import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BOOLEAN, checkOptions, checkRange, type Limit, optionNames, wordsOf } from "../../src/core/options.js";

const refuse = (limit: Limit, value: unknown, message: RegExp) =>
  assert.throws(() => checkOptions("rise", { masks: limit }, { masks: value }), {
    name: "SightlineError",
    code: "bad-config",
    message,
  });
const take = (limit: Limit, ...values: unknown[]) => {
  for (const value of values) checkOptions("rise", { masks: limit }, { masks: value });
};

describe("checkOptions", () => {
  it("takes numbers within their bounds, and says what it expected of others", () => {
    take({ from: 1, to: 3, whole: true }, 1, 2, 3);
    refuse({ from: 1, to: 3, whole: true }, 0, /^rise cannot use masks 0: expected a whole number from 1 to 3$/);
    refuse({ from: 1, to: 3, whole: true }, 1.5, /a whole number from 1 to 3/);
    take({ above: 0, below: 1 }, 0.001, 0.999);
    refuse({ above: 0, below: 1 }, 0, /expected a number between 0 and 1/);
    refuse({ above: 0, below: 1 }, 1, /between 0 and 1/);
    refuse({ from: 1, whole: true }, 0, /expected a whole number of at least 1$/);
    refuse({ above: 0 }, -1, /expected a number above 0$/);
    refuse({ to: 5 }, 6, /expected a number of at most 5$/);
  });

  it("takes no NaN, no infinity, and nothing that only looks like a number", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "3", null, [3], { valueOf: () => 3 }, 3n]) {
      refuse({ from: 0 }, value, /^rise cannot use masks /);
    }
  });

  it("takes one of some words, and lists them", () => {
    take(["sum", "largest"], "sum");
    refuse(["sum", "largest"], "mean", /^rise cannot use masks 'mean': expected sum, largest$/);
    refuse(["sum", "largest"], 0, /expected sum, largest/);
    take(BOOLEAN, true, false);
    refuse(BOOLEAN, "true", /^rise cannot use masks 'true': expected true, false$/);
  });

  it("looks at every number of a list, which may not be empty", () => {
    take({ each: { above: 0 } }, [1, 2], new Float32Array([0.5]));
    refuse({ each: { above: 0 } }, [], /expected a list of numbers, each a number above 0/);
    refuse({ each: { above: 0 } }, [1, 0], /each a number above 0/);
    refuse({ each: { above: 0 } }, 1, /a list of numbers/);
  });

  it("leaves out what is not given and what has no limit", () => {
    checkOptions("rise", { masks: { from: 1 }, fill: undefined }, { fill: "anything" });
  });

  it("says what to do next where the limit knows", () => {
    refuse({ to: 4000, next: "rise takes more" }, 5000, /at most 4000; rise takes more$/);
  });
});

describe("checkRange", () => {
  it("names the number", () => {
    checkRange("steps", 3, 1, 5, true);
    assert.throws(() => checkRange("steps", 9, 1, 5, true), {
      code: "bad-config",
      message: "steps is 9: expected a whole number from 1 to 5",
    });
  });
});

describe("names that the compiler holds complete", () => {
  it("come in the order given", () => {
    assert.deepEqual(optionNames<{ b: number; a?: string }>({ b: true, a: true }), ["b", "a"]);
    assert.deepEqual(wordsOf<"y" | "x">({ y: true, x: true }), ["y", "x"]);
    // @ts-expect-error: one is missing
    optionNames<{ b: number; a?: string }>({ b: true });
    // @ts-expect-error: one is too many
    wordsOf<"x">({ x: true, z: true });
  });
});
