import assert from "node:assert/strict";
import { beforeEach, type TestContext, test } from "node:test";
import { PacedProgress, type PacedState } from "../../src/widgets/paced-progress.js";

let now = 0;
beforeEach(() => {
  now = 0;
});

/** A clock that the test turns, and what was told. */
function paced(context: TestContext) {
  context.mock.method(performance, "now", () => now);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const told: PacedState[] = [];
  const { add } = new PacedProgress((state) => told.push(state));
  const at = (time: number, progress: { done: number; total: number; secondsLeft?: number }) => {
    for (; now < time; now++) context.mock.timers.tick(1);
    add(progress);
  };
  return { told, at };
}

test("what is left follows from the pace of the part that is under way, not of the one before", (context) => {
  const { told, at } = paced(context);
  at(1000, { done: 10, total: 50 });
  at(5000, { done: 50, total: 50 });
  at(5000, { done: 0, total: 400 });
  at(6000, { done: 100, total: 400 });
  at(7000, { done: 0, total: 400 });
  at(7500, { done: 200, total: 400 });
  assert.deepEqual(
    told.map(({ done, total, left }) => [done, total, left]),
    [
      [10, 50, 4000],
      [50, 50, null],
      [0, 400, null],
      [100, 400, 3000],
      [0, 400, null],
      [200, 400, 500],
    ],
  );
});

test("work that knows how long it takes is believed, until it is done", (context) => {
  const { told, at } = paced(context);
  at(1000, { done: 10, total: 1000, secondsLeft: 2 });
  at(2000, { done: 300, total: 300, secondsLeft: 0 });
  assert.deepEqual(
    told.map(({ elapsed, left }) => [elapsed, left]),
    [
      [1000, 2000],
      [2000, null],
    ],
  );
});

test("of what comes faster than a page follows the latest is told", (context) => {
  const { told, at } = paced(context);
  for (let done = 1; done <= 9; done++) at(1000 + done, { done, total: 100 });
  at(1500, { done: 50, total: 100 });
  at(1800, { done: 60, total: 100 });
  assert.deepEqual(
    told.map(({ done }) => done),
    [1, 9, 50, 60],
  );
});
