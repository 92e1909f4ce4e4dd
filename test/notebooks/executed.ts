import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CodeCell, formatNotebook, type Notebook, readNotebook } from "../../src/kernel/notebook-file.js";
import { runNotebook } from "../../src/kernel/runner/run-notebook.js";
import { ANSWERS, type Answers, type Lesson } from "./answers.js";

const ROWS = "application/vnd.sightline.rows+json";
const WIDGET = "application/vnd.jupyter.widget-view+json";
const lessons = fileURLToPath(new URL("../../../notebooks/", import.meta.url));

/** The lesson as it is in the repository. */
export const readLesson = (name: Lesson): Promise<Notebook> => readNotebook(join(lessons, `${name}.ipynb`));

/** A cell in which the reader answers. */
export const QUESTION = /^check\("([^"]+)", undefined\);/;

/** Where the reader answers, the wrong answer and then the right one. */
function answer(cell: Notebook["cells"][number], answers: Answers): void {
  const name = QUESTION.exec(cell.source)?.[1];
  if (name === undefined) return;
  assert.ok(answers[name], `answers.ts has no answer for '${name}'`);
  const { wrong, right } = answers[name];
  cell.source = [wrong, right].map((one) => `console.log(String(check(${JSON.stringify(name)}, ${one})));`).join("\n");
}

/** An executed notebook with what its cells showed. */
export class Executed {
  constructor(readonly notebook: Notebook) {}

  /** Runs a lesson whose reader answers each exercise wrongly, then rightly. */
  static async run(name: Lesson, parameters: Record<string, unknown> = {}): Promise<Executed> {
    const folder = await mkdtemp(join(tmpdir(), "sightline-lesson-"));
    try {
      const notebook = await readLesson(name);
      for (const cell of notebook.cells) answer(cell, ANSWERS[name]);
      const file = join(folder, `${name}.ipynb`);
      await writeFile(file, formatNotebook(notebook));
      await symlink(join(lessons, "images"), join(folder, "images"), "junction");
      return new Executed(await runNotebook(file, { out: false, parameters }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Each exercise was not solved by the wrong answer, and then was by the right one. */
  assertAnswers(name: Lesson): void {
    for (const exercise of Object.keys(ANSWERS[name])) {
      const [wrong, right, ...more] = this.text(`check(${JSON.stringify(exercise)}, `)
        .trim()
        .split("\n");
      assert.ok(wrong.startsWith(`✘ ${exercise}: `), wrong);
      assert.equal(right, `✔ ${exercise}`);
      assert.deepEqual(more, []);
    }
  }

  /** Each widget is followed by something to see where no JavaScript runs. */
  assertStandIn(words: string): void {
    const shown = this.bundles(words).find((bundle) => WIDGET in bundle && "text/html" in bundle);
    assert.ok(shown, `a widget with its stand-in under ${words}`);
  }

  cell(words: string): CodeCell {
    const found = this.notebook.cells.find(({ cell_type, source }) => cell_type === "code" && source.includes(words));
    assert.ok(found, `a cell with ${words}`);
    return found as CodeCell;
  }

  bundles(words: string): Record<string, unknown>[] {
    return this.cell(words).outputs.flatMap((output) =>
      output.output_type === "display_data" || output.output_type === "execute_result" ? [output.data] : [],
    );
  }

  rows(words: string): Record<string, unknown>[] {
    const found = this.bundles(words).find((bundle) => ROWS in bundle);
    assert.ok(found, `a table under ${words}`);
    return found[ROWS] as Record<string, unknown>[];
  }

  /** What a cell printed, and the words of what it showed. */
  text(words: string): string {
    return this.cell(words)
      .outputs.map((output) => {
        if (output.output_type === "stream") return output.text;
        return "data" in output ? `${(output.data as Record<string, unknown>)["text/plain"] ?? ""}\n` : "";
      })
      .join("");
  }

  /** Pictures within the HTML of what a cell showed. */
  inlined(words: string): number {
    const html = this.bundles(words).map((bundle) => String(bundle["text/html"] ?? ""));
    return html.join("").match(/<img /g)?.length ?? 0;
  }

  pictures(): number {
    const code = this.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
    const bundles = code.flatMap(({ outputs }) => outputs).filter((output) => "data" in output);
    return bundles.filter((output) =>
      Object.keys((output as { data: object }).data).some((type) => /^image\//.test(type)),
    ).length;
  }
}

/** A probability as it is written; "<.01" is taken as .01. */
const number = (text: string) => Number(text.replace("<", ""));

/** "takes tripod from .94 to .09; 0 of 50 …" as numbers. */
export function claims(text: string): { before: number; after: number; alike: number; of: number }[] {
  return [...text.matchAll(/from ([<\d.]+) to ([<\d.]+); (\d+) of (\d+) regions/g)].map(
    ([, before, after, alike, of]) => ({
      before: number(before),
      after: number(after),
      alike: Number(alike),
      of: Number(of),
    }),
  );
}
