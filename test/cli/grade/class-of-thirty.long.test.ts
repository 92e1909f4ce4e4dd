import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { formatNotebook } from "../../../src/kernel/notebook-file.js";
import { ANSWERS } from "../../notebooks/answers.js";
import { readLesson } from "../../notebooks/executed.js";
import { classOfThirty } from "../../support/class-of-thirty.js";

const cli = fileURLToPath(new URL("../../../src/cli/main.js", import.meta.url));
const lessons = fileURLToPath(new URL("../../../../notebooks/", import.meta.url));
const LESSON = "1-basic";

/** PUPILS=10 grades the first ten, one of each mistake. */
const count = Number(process.env.PUPILS ?? 30);

test("a class of thirty with the usual mistakes is graded as it deserves", { timeout: 3_600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-thirty-"));
  try {
    const pupils = classOfThirty(await readLesson(LESSON), ANSWERS[LESSON], count);
    for (const { name, notebook } of pupils) {
      await mkdir(join(folder, "class", name), { recursive: true });
      await writeFile(join(folder, "class", name, `${LESSON}.ipynb`), formatNotebook(notebook));
    }
    const lesson = join(lessons, `${LESSON}.ipynb`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const out = join(folder, "grades");
    const args = [cli, "grade", join(folder, "class"), "--lesson", lesson, "--files", lessons, "--out", out, "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 }).catch(
      (error) => error,
    );
    const graded: { pupil: string; exercises: { name: string; passed: boolean | null }[] }[] = JSON.parse(stdout);
    assert.equal(graded.length, count);
    const solvedOf = new Map(
      graded.map(({ pupil, exercises }) => [pupil, exercises.filter(({ passed }) => passed).map(({ name }) => name)]),
    );
    for (const { name, solved } of pupils) {
      const found = [...solvedOf].find(([pupil]) => pupil.startsWith(name))?.[1];
      assert.deepEqual(found?.toSorted(), solved.toSorted(), name);
    }
    const table = await readFile(join(out, "grades.csv"), "utf8");
    assert.equal(table.trim().split("\r\n").length, 1 + count * Object.keys(ANSWERS[LESSON]).length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
