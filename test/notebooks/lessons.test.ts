import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWERS, type Lesson } from "./answers.js";
import { QUESTION, readLesson } from "./executed.js";

const LINES = 12;
const EXERCISES = 5;

for (const [name, answers] of Object.entries(ANSWERS)) {
  test(`${name}: short cells, at least ${EXERCISES} exercises, each asked once, without its answer in the lesson`, async () => {
    const { cells } = await readLesson(name as Lesson);
    const code = cells.filter(({ cell_type }) => cell_type === "code");
    for (const { source } of code) assert.ok(source.trimEnd().split("\n").length <= LINES, source);
    const rules = code.filter(({ metadata }) => metadata.tags?.includes("exercise")).map(({ source }) => source);
    const set = [...rules.join("\n").matchAll(/^exercise\("([^"]+)"/gm)].map(([, exercise]) => exercise);
    const asked = code.flatMap(({ source }) => QUESTION.exec(source)?.[1] ?? []);
    assert.ok(set.length >= EXERCISES, `${set.length} exercises`);
    assert.deepEqual(asked.toSorted(), set.toSorted());
    assert.deepEqual(Object.keys(answers).toSorted(), set.toSorted());
    for (const rule of rules) {
      assert.match(rule, /^(const|import|exercise)/);
      assert.doesNotMatch(rule, /answer: \(\) => (["'`]|-?[\d.]+[,}\n])/, "a rule that is the answer");
    }
  });
}
