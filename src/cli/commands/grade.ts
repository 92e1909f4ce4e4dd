import { join } from "node:path";
import type { Command } from "commander";
import { SightlineError } from "../../core/errors.js";
import type { Notebook } from "../../kernel/notebook-file.js";
import type { GradedRun } from "../grade/graded-cells.js";
import { jsonOption, wholeNumber } from "../options.js";
import { interruptSignal, printJson, printRows, progressLine, report } from "../terminal.js";

interface GradeFlags {
  readonly lesson?: string;
  readonly files?: string;
  readonly out?: string;
  readonly timeout: number;
  readonly memory: number;
  readonly json?: boolean;
}

export function addGrade(program: Command): void {
  program
    .command("grade")
    .description("run a class's notebooks and tell which exercises are solved")
    .argument("<folder>", "the pupils' notebooks, or one folder for each pupil")
    .option("--lesson <notebook>", "take the exercises' rules from this notebook, not from the pupils'")
    .option("--files <folder>", "copy these files (pictures, models) beside each notebook")
    .option("--out <folder>", "write grades.csv and grades.html there")
    .option("--timeout <seconds>", "time limit of each cell", wholeNumber, 120)
    .option("--memory <MB>", "memory limit of each notebook", wholeNumber, 4_096)
    .addOption(jsonOption())
    .action(grade);
}

async function grade(folder: string, { lesson, files, out, timeout, memory, json }: GradeFlags): Promise<void> {
  const [{ findNotebooks }, { checkLesson, withRulesOf }, { runIsolated }, { Gradebook }, { readNotebook }] =
    await Promise.all([
      import("../grade/find-notebooks.js"),
      import("../grade/lesson.js"),
      import("../grade/run-isolated.js"),
      import("../grade/gradebook.js"),
      import("../../kernel/notebook-file.js"),
    ]);
  const rules = lesson === undefined ? undefined : await readNotebook(lesson);
  if (rules) checkLesson(rules, lesson!);
  const notebooks = await findNotebooks(folder);
  const signal = interruptSignal();
  const line = progressLine();
  const exercises =
    rules && (await exercisesOf(rules, lesson!, (one) => runIsolated(one, { timeout, memory, files, signal })));
  const runs = new Map<string, Awaited<ReturnType<typeof runIsolated>>>();
  for (const [pupil, path] of notebooks) {
    line.show(`${runs.size + 1} of ${notebooks.size}: ${pupil}`);
    try {
      const notebook = await readNotebook(join(folder, path));
      const graded = rules ? withRulesOf(rules, notebook) : notebook;
      runs.set(pupil, await runIsolated(graded, { timeout, memory, files, signal }));
    } catch (error) {
      signal.throwIfAborted();
      runs.set(pupil, { states: [], notes: [error instanceof Error ? error.message : String(error)] });
      process.exitCode = 1;
    }
  }
  line.end();
  const book = new Gradebook(runs, exercises);
  if (out !== undefined) await write(book, out, folder);
  if (json) printJson(book);
  else printRows(book.summary(), false);
}

/**
 * The exercises that a lesson sets, by name, as it sets them when it runs.
 * @throws SightlineError `notebook-failed` where it sets none
 */
async function exercisesOf(
  lesson: Notebook,
  path: string,
  run: (notebook: Notebook) => Promise<GradedRun>,
): Promise<readonly string[]> {
  const { states, notes } = await run(lesson);
  if (states.length > 0) return states.map(({ name }) => name);
  throw new SightlineError("notebook-failed", `'${path}' set no exercise when it ran`, {
    received: notes,
    expected: "a lesson that runs with the files beside it",
    next: notes[0],
  });
}

async function write(book: { csv(): string; html(title: string): string }, out: string, folder: string): Promise<void> {
  const { files } = await import("#platform/files");
  await files.makeFolder(out);
  await files.writeFileAtomic(join(out, "grades.csv"), book.csv());
  await files.writeFileAtomic(join(out, "grades.html"), book.html(`Exercises in ${folder}`));
  report(`${join(out, "grades.html")}\n${join(out, "grades.csv")}`);
}
