import { SightlineError } from "../../core/errors.js";
import { type Cell, type CodeCell, EXERCISE_TAG, type Notebook } from "../../kernel/notebook-file.js";

const setsExercises = (cell: Cell): cell is CodeCell =>
  cell.cell_type === "code" && (cell.metadata.tags?.includes(EXERCISE_TAG) ?? false);

/** @throws SightlineError `bad-notebook` where no cell of the lesson sets exercises, or one of them has no id */
export function checkLesson(lesson: Notebook, path: string): void {
  const rules = lesson.cells.filter(setsExercises);
  if (rules.length === 0) {
    throw new SightlineError("bad-notebook", `'${path}' sets no exercises`, {
      received: path,
      expected: `a code cell tagged \`${EXERCISE_TAG}\``,
    });
  }
  if (rules.some(({ id }) => id === undefined)) {
    throw new SightlineError("bad-notebook", `a cell of '${path}' that sets exercises has no id`, {
      received: path,
      expected: "a notebook of format 4.5",
      next: "open and save it in JupyterLab",
    });
  }
}

/**
 * A pupil's notebook with the rules of the teacher's: cells that set exercises are the lesson's, wherever the pupil
 * changed, moved or deleted them. A missing one comes behind the nearest cell above it that is still there.
 */
export function withRulesOf(lesson: Notebook, notebook: Notebook): Notebook {
  const rules = new Map(lesson.cells.filter(setsExercises).map((cell) => [cell.id, cell]));
  const own = notebook.cells.filter((cell) => !setsExercises(cell) || rules.has(cell.id));
  const cells: Cell[] = own.map((cell) => rules.get(cell.id) ?? cell);
  const has = (id: string | undefined) => cells.findIndex((cell) => id !== undefined && cell.id === id);
  lesson.cells.forEach((cell, i) => {
    if (!rules.has(cell.id) || has(cell.id) >= 0) return;
    const above = lesson.cells
      .slice(0, i)
      .map(({ id }) => has(id))
      .findLast((at) => at >= 0);
    cells.splice((above ?? -1) + 1, 0, cell);
  });
  return { ...notebook, cells };
}
