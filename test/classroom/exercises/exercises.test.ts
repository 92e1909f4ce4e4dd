import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answerHash, check, type ExerciseRule, exercise, exercises } from "../../../src/classroom/index.js";
import { CHECK_TYPE, displaySymbol } from "../../../src/core/display.js";
import { isSightlineError } from "../../../src/core/errors.js";

let count = 0;
/** What a new exercise says of an answer: "" where it is right. */
function said(rule: ExerciseRule | ((name: string) => ExerciseRule), value: unknown): string {
  const name = `exercise ${++count}`;
  exercise(name, typeof rule === "function" ? rule(name) : rule);
  const { passed, feedback } = check(name, value);
  assert.equal(passed, feedback === "");
  return feedback;
}

const boat = (name: string) => ({ hash: answerHash(name, "boat") });
const share = (name: string) => ({ hash: answerHash(name, 0.37, { digits: 2 }), digits: 2 });

for (const [what, rule, value, feedback] of [
  ["a text", boat, " Boat ", ""],
  ["a text in other code points", (name: string) => ({ hash: answerHash(name, "caf\u00e9") }), "cafe\u0301", ""],
  ["another text", boat, "cup", "this is not right yet"],
  ["no answer", boat, undefined, "there is no answer yet"],
  ["a promise", boat, Promise.resolve("boat"), "a promise came: put `await` before the answer"],
  ["an object", boat, {}, "a text is expected, an object came"],
  ["a number, rounded", share, 0.3749, ""],
  ["a percentage", share, 37, "this is 100 times too large: is a share asked for, and not a percentage?"],
  ["the other sign", share, -0.37, "the sign is wrong"],
  ["NaN", share, Number.NaN, "the answer is not a number (NaN)"],
  ["a text for a number", share, "0.37", "a number is expected, a text came"],
  ["true", (name: string) => ({ hash: answerHash(name, true) }), true, ""],
  ["a computed number within 1 %", { answer: () => 200 }, 201.9, ""],
  ["a computed number", { answer: () => 200 }, 203, "this is too large"],
  ["a computed number, negative", { answer: () => -200 }, -203, "this is too small"],
  ["a computed number within bounds of its own", { answer: () => 200, within: 5 }, 204, ""],
  ["a computed text", { answer: () => "Tiger cat" }, "tiger  cat", ""],
  ["a number for a text", { answer: () => "tiger cat" }, 3, "a text is expected, a number came"],
  ["a list in any order", { answer: () => ["a", "b", "c"] }, ["c", "a", "b"], ""],
  [
    "a list that lacks some",
    { answer: () => ["a", "b", "c"] },
    ["c", "x"],
    "2 of 3 missing, 1 of those given not right",
  ],
  [
    "a list with the same one twice",
    { answer: () => ["a", "b"] },
    ["a", "a"],
    "1 of 2 missing, 1 of those given not right",
  ],
  ["a list that has too many", { answer: () => ["a"] }, ["a", "b"], "1 of those given not right"],
  ["a condition", { test: (value: unknown) => value === 3 || "look at the third bar" }, 2, "look at the third bar"],
  ["a condition that only says no", { test: () => false }, 2, "this is not right yet"],
  [
    "a rule whose cells have not run",
    {
      answer: () => {
        throw new ReferenceError("e is not defined");
      },
    },
    2,
    "this cannot be checked yet: e is not defined",
  ],
] as const) {
  test(`an answer is told what is missing: ${what}`, () => assert.equal(said(rule, value), feedback));
}

test("every answer that rounds to the same digits has one hash, and no other", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: -49, max: 49 }), (cents, off) => {
      const [exact, near] = [cents / 100, (cents + off / 100) / 100];
      assert.equal(answerHash("n", near, { digits: 2 }), answerHash("n", exact, { digits: 2 }));
      assert.notEqual(answerHash("n", exact + 0.01, { digits: 2 }), answerHash("n", exact, { digits: 2 }));
      assert.notEqual(answerHash("m", exact, { digits: 2 }), answerHash("n", exact, { digits: 2 }));
    }),
  );
});

test("each miss gives one hint more; the last one stays; setting the exercise anew starts over", () => {
  const rule = { answer: () => 4, hints: ["First.", "Second."] };
  exercise("hints", rule);
  const told = () => check("hints", 5).feedback;
  assert.deepEqual(
    [told(), told(), told()],
    [1, 2, 2].map((i) => `this is too large. ${rule.hints[i - 1]}`),
  );
  exercise("hints", rule);
  assert.equal(told(), "this is too large. First.");
  assert.deepEqual([check("hints", 4).attempts, check("hints", 4).feedback], [5, ""]);
});

test("a result shows itself, and the list of all tells how far the reader is", () => {
  exercise("<b>", { answer: () => "x" });
  const bundle = check("<b>", "<script>")[displaySymbol]();
  assert.match(String(bundle["text/html"]), /&lt;b&gt;: this is not right yet/);
  assert.deepEqual(bundle[CHECK_TYPE], [
    { name: "<b>", passed: false, attempts: 1, answer: "<script>", feedback: "this is not right yet" },
  ]);
  exercise("untouched", { answer: () => 1 });
  const { states } = exercises();
  assert.deepEqual(states.at(-1), { name: "untouched", passed: null, attempts: 0, answer: null, feedback: "" });
  assert.match(String(exercises()), /^\d+ of \d+ exercises solved\n/);
});

test("answers of any size and kind are kept short and never throw", () => {
  exercise("any", { answer: () => 1 });
  const circle: { self?: object } = {};
  circle.self = circle;
  for (const value of [circle, 1n, "x".repeat(10_000), () => 1, Symbol("s"), null, new Float32Array(1e5)]) {
    const { passed, answer } = check("any", value);
    assert.equal(passed, false);
    assert.ok(answer.length <= 201, answer);
  }
});

test("unknown exercises and rules that are none are refused in words", () => {
  exercise("boat or cup", { answer: () => "boat" });
  assert.throws(
    () => check("boat or cap", "boat"),
    (error) => isSightlineError(error, "unknown-option") && error.next === "did you mean 'boat or cup'?",
  );
  for (const rule of [
    {},
    { hash: "boat" },
    { hash: answerHash("x", 1), digits: 1.5 },
    { answer: () => 1, test: () => true },
    null,
  ]) {
    assert.throws(() => exercise("x", rule as never), { code: "bad-config" });
  }
  assert.throws(() => exercise(" ", { answer: () => 1 }), { code: "bad-config" });
});

test("an answer that is still to come is no attempt, costs no hint, and takes no earlier answer back", () => {
  exercise("to come", { answer: () => 4, hints: ["the first hint", "the second"] });
  const empty = check("to come", undefined);
  assert.deepEqual([empty.passed, empty.attempts, `${empty}`], [false, 0, "· to come: there is no answer yet"]);
  assert.equal(exercises().states.find(({ name }) => name === "to come")?.passed, null);
  assert.equal(check("to come", 5).feedback, "this is too large. the first hint");
  assert.equal(check("to come", 4).passed, true);
  check("to come", undefined);
  assert.deepEqual(exercises().states.find(({ name }) => name === "to come")?.passed, true);
});
