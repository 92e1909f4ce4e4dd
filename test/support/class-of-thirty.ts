import type { Cell, Notebook } from "../../src/kernel/notebook-file.js";
import type { Answers } from "../notebooks/answers.js";
import { QUESTION } from "../notebooks/executed.js";

/** What a pupil of the generated class did. */
export interface Pupil {
  readonly name: string;
  readonly notebook: Notebook;
  /** Exercises that the grades should count as solved. */
  readonly solved: readonly string[];
}

type Edit = (cells: Cell[], names: readonly string[], answers: Answers) => readonly string[];

const nameOf = ({ source }: Cell) => QUESTION.exec(source)?.[1];
const isRule = ({ metadata }: Cell) => metadata.tags?.includes("exercise") === true;

function answer(cells: Cell[], given: (name: string, i: number) => string | undefined): void {
  let i = 0;
  for (const cell of cells) {
    const name = nameOf(cell);
    if (name === undefined) continue;
    const value = given(name, i++);
    if (value !== undefined) cell.source = `check(${JSON.stringify(name)}, ${value})`;
  }
}

const all: Edit = (cells, names, answers) => {
  answer(cells, (name) => answers[name].right);
  return names;
};

/** What goes wrong in a class, by kind: what is done to the cells, and which exercises are solved all the same. */
export const MISTAKES: Readonly<Record<string, Edit>> = {
  "all right": all,
  "all wrong": (cells, _names, answers) => {
    answer(cells, (name) => answers[name].wrong);
    return [];
  },
  "stopped half way": (cells, names, answers) => {
    const half = Math.floor(names.length / 2);
    answer(cells, (name, i) => (i < half ? answers[name].right : undefined));
    return names.slice(0, half);
  },
  "never began": () => [],
  "a number as text": (cells, names, answers) => {
    answer(cells, (name) => `String(${answers[name].right})`);
    return names.filter((name) => /^["'`]|label/.test(answers[name].right));
  },
  "a cell that is no code": (cells, names, answers) => {
    all(cells, names, answers);
    cells.push({
      cell_type: "code",
      id: "broken",
      metadata: {},
      source: "const = ;",
      execution_count: null,
      outputs: [],
    });
    return names;
  },
  "an answer that throws": (cells, names, answers) => {
    answer(cells, (name, i) => (i === 0 ? "notThere" : answers[name].right));
    return names.slice(1);
  },
  "rules thrown away": (cells, names, answers) => {
    all(cells, names, answers);
    cells.splice(0, cells.length, ...cells.filter((cell) => !isRule(cell)));
    return names;
  },
  "rules of one's own": (cells, names, answers) => {
    answer(cells, (name) => answers[name].wrong);
    for (const cell of cells) {
      if (isRule(cell))
        cell.source = names.map((name) => `exercise(${JSON.stringify(name)}, { test: () => true });`).join("\n");
    }
    return [];
  },
  "solved at the second try": (cells, names, answers) => {
    answer(cells, (name) => `${answers[name].wrong}); check(${JSON.stringify(name)}, ${answers[name].right}`);
    return names;
  },
};

/** Thirty pupils, each with one of the mistakes, the same ones every time. */
export function classOfThirty(lesson: Notebook, answers: Answers, count = 30): Pupil[] {
  const kinds = Object.entries(MISTAKES);
  return Array.from({ length: count }, (_, i) => {
    const [kind, edit] = kinds[i % kinds.length];
    const notebook = structuredClone(lesson);
    const names = notebook.cells.flatMap((cell) => nameOf(cell) ?? []);
    const solved = edit(notebook.cells, names, answers);
    return { name: `${String(i + 1).padStart(2, "0")} ${kind}`, notebook, solved };
  });
}
