import assert from "node:assert/strict";
import { test } from "node:test";
import { completeness } from "../../../src/kernel/language/completeness.js";

const complete = (...cells: string[]) => {
  for (const cell of cells) assert.deepEqual(completeness(cell), { status: "complete" }, cell);
};
const incomplete = (...cells: [cell: string, depth: number][]) => {
  for (const [cell, depth] of cells) {
    assert.deepEqual(completeness(cell), { status: "incomplete", indent: "  ".repeat(depth) }, cell);
  }
};
const invalid = (...cells: string[]) => {
  for (const cell of cells) assert.deepEqual(completeness(cell), { status: "invalid" }, cell);
};

test("what can run is complete, whatever the types say", () => {
  complete("", "  ", "1", "const x: number = 'text'", "await fetch(url)", "unknown.name()", "using a = b()");
  complete("function f() {\n  return 1;\n}", "`a\nb`", "// a comment", "/* closed */", "type A = { b: string }");
  complete("import { a } from 'b'", "export const c = 1", "@decorated class A {}", "<T,>(x: T) => x");
});

test("what needs more lines is incomplete, with two blanks for each open bracket", () => {
  incomplete(["function f() {", 1], ["if (a) {\n  if (b) {", 2], ["call(1,", 1], ["const x = [", 1], ["const y =", 0]);
  incomplete(["`open", 0], ["/* open", 0], ["a +", 0], ["class A {\n  b() {\n    return 1;\n  }", 1], ["({", 2]);
});

test("what no line can mend is invalid", () => {
  invalid("const = 3", "1 +* 2", "class 5 {}", ")", "if )", "const a = 1 2");
});
