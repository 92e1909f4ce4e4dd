import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ANSWERS, type Lesson } from "./answers.js";
import { QUESTION, readLesson } from "./executed.js";

const LINES = 12;
const EXERCISES = 5;
/** Of a text; the table at the end is to take home. */
const MOST_WORDS = 75;

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

const teachers = (page: string) =>
  readFile(fileURLToPath(new URL(`../../../docs/teachers/${page}.md`, import.meta.url)), "utf8");

for (const [name, answers] of Object.entries(ANSWERS)) {
  test(`${name} has a page for its teacher: aim, minutes, an answer to each exercise, what goes wrong, what follows`, async () => {
    const [page, index] = [await teachers(name), await teachers("index")];
    const minutes = /^\*\*Minutes\*\*: (\d+)[.,;].*\*\*Aim\*\*: \S.{20,}$/m.exec(page)?.[1];
    assert.ok(minutes, "minutes and aim");
    assert.match(index, new RegExp(`\\(${name}\\.md\\) \\| ${minutes} \\|`), "the same minutes on the first page");
    const [, ...sections] = page.split(/^## /m);
    const bodies = Object.fromEntries(
      sections.map((text) => [text.split("\n")[0], text.split("\n").slice(1).join("\n")]),
    );
    assert.deepEqual(Object.keys(bodies), ["Likely answers", "What goes wrong", "Afterwards"]);
    const rows = [...bodies["Likely answers"].matchAll(/^\| (\w[^|]*?) \| (\S[^|]*?) \|$/gm)].map(([, row]) => row);
    assert.deepEqual(rows, Object.keys(answers));
    assert.ok(bodies["What goes wrong"].split("\n").filter((line) => line.startsWith("- ")).length >= 2);
    assert.ok(bodies.Afterwards.trim().length > 20);
    const { cells } = await readLesson(name as Lesson);
    assert.ok(
      cells.some(({ metadata }) => metadata.tags?.includes("notes")),
      "notes for whoever presents",
    );
  });
}

for (const name of Object.keys(ANSWERS)) {
  test(`${name}: one idea a screen, so that its words can be read from the back row`, async () => {
    const { cells } = await readLesson(name as Lesson);
    const texts = cells.filter(
      ({ cell_type, metadata }) => cell_type === "markdown" && !metadata.tags?.includes("notes"),
    );
    for (const { source } of texts) {
      assert.notEqual(source.trim(), "", "a text without words is a screen without anything");
      if (source.startsWith("## What to take home")) continue;
      const words = source
        .replace(/\([^)]*\)|<[^>]*>/g, " ")
        .split(/\s+/)
        .filter(Boolean).length;
      assert.ok(words <= MOST_WORDS, `${words} words: ${source}`);
    }
  });
}
