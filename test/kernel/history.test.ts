import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../src/kernel/history.js";

function history(): History {
  const made = new History();
  ["const a = 1", "a + 1", "a * 6", "const a = 1", "a +* 1"].forEach((source, i) => {
    made.add(i + 1, source);
  });
  made.setOutput(2, "2");
  return made;
}

const lines = (request: Record<string, unknown>) =>
  history()
    .answer(request)
    .map((entry) => (entry as unknown[])[1]);

test("tail: the last n, oldest first", () => {
  assert.deepEqual(history().answer({ hist_access_type: "tail", n: 2 }), [
    [0, 4, "const a = 1"],
    [0, 5, "a +* 1"],
  ]);
  assert.deepEqual(lines({ hist_access_type: "tail", n: 0 }), []);
  assert.deepEqual(lines({ hist_access_type: "tail", n: 100 }), [1, 2, 3, 4, 5]);
});

test("range: from start up to, not including, stop; without stop to the end", () => {
  assert.deepEqual(lines({ hist_access_type: "range", session: 0, start: 2, stop: 4 }), [2, 3]);
  assert.deepEqual(lines({ hist_access_type: "range", session: 0, start: 4, stop: null }), [4, 5]);
});

test("search: whole cells by * and ?, every other character as itself, equal ones once where asked", () => {
  const search = (pattern: string, more: object = {}) => lines({ hist_access_type: "search", pattern, ...more });
  assert.deepEqual(search("a*"), [2, 3, 5]);
  assert.deepEqual(search("a ? 1"), [2]);
  assert.deepEqual(search("a"), []);
  assert.deepEqual(search("a +[*] 1"), []);
  assert.deepEqual(search("const*"), [1, 4]);
  assert.deepEqual(search("const*", { unique: true }), [4]);
  assert.deepEqual(search("*", { n: 2 }), [4, 5]);
});

test("search finds cells of several lines", () => {
  const made = new History();
  made.add(1, "if (a) {\n  b();\n}");
  assert.equal(made.answer({ hist_access_type: "search", pattern: "if*b()*" }).length, 1);
});

test("with output: the text of the result, null where there was none", () => {
  assert.deepEqual(history().answer({ hist_access_type: "range", start: 2, stop: 4, output: true }), [
    [0, 2, ["a + 1", "2"]],
    [0, 3, ["a * 6", null]],
  ]);
});
