import { randomUUID } from "node:crypto";
import type { ExerciseState } from "../../classroom/exercises/check-result.js";
import { CHECK_TYPE } from "../../core/display.js";
import * as z from "../../core/zod.js";
import type { CodeCell, Notebook } from "../../kernel/notebook-file.js";

/** What became of a notebook's exercises. */
export interface GradedRun {
  readonly states: readonly ExerciseState[];
  /** What went wrong beside the exercises: cells that failed, a limit that was passed. */
  readonly notes: readonly string[];
}

/** Cells that took too long until the rest is not run. */
const MOST_LATE = 5;
/** Exercises and notes of one notebook that are kept, and characters of each text. */
const MOST_EXERCISES = 200;
const MOST_NOTES = 20;
const LONGEST = 500;

const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const shortText = z.string().transform(short);

const stateSchema = z.array(
  z.object({
    name: shortText,
    passed: z.boolean().nullable(),
    attempts: z.int().min(0),
    answer: shortText.nullable(),
    feedback: shortText,
  }),
);

/** What the cells of a notebook came to, one after the other, the last of which asks for all exercises. */
export class GradedCells {
  /** The notebook that is run: with the question behind the pupil's own cells. */
  readonly notebook: Notebook;
  readonly #code: readonly CodeCell[];
  readonly #toRun: readonly CodeCell[];
  readonly #states = new Map<string, ExerciseState>();
  readonly #notes: string[] = [];
  readonly #enough = new AbortController();
  #late = 0;
  #running: { readonly index: number; readonly cell: CodeCell } | undefined;

  constructor(notebook: Notebook) {
    const question: CodeCell = {
      cell_type: "code",
      id: randomUUID().slice(0, 8),
      metadata: {},
      source: `(await import("sightline/classroom")).exercises()`,
      execution_count: null,
      outputs: [],
    };
    this.notebook = { ...notebook, cells: [...notebook.cells, question] };
    this.#code = this.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
    this.#toRun = this.#code.filter(({ source }) => source.trim() !== "");
  }

  /** Fires when nothing more is to be run. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  get run(): GradedRun {
    const [states, notes] = [[...this.#states.values()], [...this.#notes]];
    if (states.length > MOST_EXERCISES) notes.unshift(`only ${MOST_EXERCISES} of ${states.length} exercises are kept`);
    const left = notes.length - MOST_NOTES;
    return {
      states: states.slice(0, MOST_EXERCISES),
      notes: left > 0 ? [...notes.slice(0, MOST_NOTES), `and ${left} more`] : notes,
    };
  }

  /** A cell begins. @param index among those that are run */
  begin(index: number, cell: CodeCell): void {
    this.#running = { index, cell };
  }

  /** The cell that runs has ended, by itself or not. */
  end(): void {
    if (!this.#running) return;
    const { index, cell } = this.#running;
    this.#running = undefined;
    const states = statesOf(cell);
    if (index === this.#toRun.length - 1 && states.length > 0) this.#states.clear();
    for (const state of states) this.#states.set(state.name, state);
    const number = this.#code.indexOf(this.#toRun[index]) + 1;
    for (const text of failuresOf(cell)) this.note(`code cell ${number}: ${text}`);
    if (cell.outputs.some(isLate)) this.#late += 1;
    if (this.#late >= MOST_LATE) {
      this.note(`${MOST_LATE} cells took too long: the rest was not run`);
      this.#enough.abort();
    }
    // what it put out is not needed any more, and may be much
    cell.outputs.length = 0;
  }

  note(text: string): void {
    this.#notes.push(short(text));
  }
}

const isLate = (output: CodeCell["outputs"][number]) => output.output_type === "error" && output.ename === "TimeLimit";

/** What went wrong in a cell, in words. */
function failuresOf({ outputs, metadata }: CodeCell): string[] {
  if (metadata.tags?.includes("raises-exception")) return [];
  const failures = outputs
    .filter((output) => output.output_type === "error")
    .map(({ ename, evalue }) => LIMITS.get(ename) ?? `${ename}: ${evalue}`);
  const limits = failures.filter((text) => [...LIMITS.values()].includes(text));
  // a cell that was interrupted fails for that
  return limits.length > 0 ? limits : failures;
}

/** What a run says of limits, by the name of its error. */
const LIMITS: ReadonlyMap<string, string> = new Map([
  ["TimeLimit", "took too long"],
  ["OutputLimit", "put out too much: the rest is left out"],
]);

/** What a cell says of exercises. */
function statesOf({ outputs }: CodeCell): ExerciseState[] {
  return outputs.flatMap((output) => {
    const states = stateSchema.safeParse("data" in output ? (output.data as Record<string, unknown>)[CHECK_TYPE] : []);
    return states.success ? states.data : [];
  });
}
