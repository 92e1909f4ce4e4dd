import type { ExerciseState } from "../../classroom/exercises/check-result.js";
import { escapeHtml, htmlPage } from "../../core/html.js";
import type { GradedRun } from "./graded-cells.js";

/** What became of a class: a row for each pupil, a column for each exercise. */
export class Gradebook {
  readonly exercises: readonly string[];

  readonly runs: ReadonlyMap<string, GradedRun>;

  /** @param exercises those of the lesson, which alone count then; all that the notebooks set where it is left out */
  constructor(runs: ReadonlyMap<string, GradedRun>, exercises?: readonly string[]) {
    const all = [...runs.values()].flatMap(({ states }) => states.map(({ name }) => name));
    this.exercises = exercises ?? [...new Set(all)];
    const counts = new Set(this.exercises);
    this.runs = new Map(
      [...runs].map(([pupil, run]) => [pupil, { ...run, states: run.states.filter(({ name }) => counts.has(name)) }]),
    );
  }

  /** A row for each pupil, as the command prints it. */
  summary(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.runs].map(([pupil, run]) => ({
      pupil,
      solved: `${solved(run)} of ${this.exercises.length}`,
      ...Object.fromEntries(this.exercises.map((name) => [name, SIGNS[stateOf(run, name)]])),
      notes: run.notes.length > 0 ? `${run.notes[0]}${run.notes.length > 1 ? ` (+${run.notes.length - 1})` : ""}` : "",
    }));
  }

  toJSON() {
    return [...this.runs].map(([pupil, { states, notes }]) => ({ pupil, exercises: states, notes }));
  }

  /** A line for each pupil and exercise, for spreadsheets (RFC 4180). */
  csv(): string {
    const head = ["pupil", "exercise", "solved", "attempts", "answer", "feedback", "notes"];
    const rows = [...this.runs].flatMap(([pupil, run]) => {
      if (this.exercises.length === 0) return [[pupil, "", "", "", "", "", run.notes.join("; ")]];
      return this.exercises.map((name) => {
        const state = run.states.find((one) => one.name === name);
        const { attempts = 0, answer = "", feedback = "" } = state ?? {};
        return [pupil, name, stateOf(run, name), String(attempts), answer ?? "", feedback, run.notes.join("; ")];
      });
    });
    return [head, ...rows].map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
  }

  /** A page that stands alone: the table, and below it the answers that were not right, by exercise. */
  html(title: string): string {
    const body = `<main><h1>${escapeHtml(title)}</h1>${this.#table()}<h2>By exercise</h2>${this.#mistakes()}</main>`;
    return htmlPage({ title, style: STYLE, body });
  }

  #table(): string {
    const head = ["pupil", "solved", ...this.exercises]
      .map((text) => `<th scope="col">${escapeHtml(text)}</th>`)
      .join("");
    const rows = [...this.runs].map(([pupil, run]) => {
      const cells = this.exercises.map((name) => {
        const state = stateOf(run, name);
        return `<td class="${CLASSES[state]}" data-column="${escapeHtml(name)}" title="${state}">${SIGNS[state]}</td>`;
      });
      const notes = run.notes.map((note) => `<div class="note">${escapeHtml(note)}</div>`).join("");
      const score = `<td data-column="solved">${solved(run)} of ${this.exercises.length}</td>`;
      return `<tr><th scope="row">${escapeHtml(pupil)}${notes}</th>${score}${cells.join("")}</tr>`;
    });
    return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  }

  #mistakes(): string {
    const sections = this.exercises.map((name) => {
      const states = [...this.runs].map(([pupil, run]) => ({
        pupil,
        state: run.states.find((one) => one.name === name),
      }));
      const right = states.filter(({ state }) => state?.passed).length;
      const wrong = states.filter(({ state }) => state?.passed === false);
      const list = wrong.map(
        ({ pupil, state }) =>
          `<li><b>${escapeHtml(pupil)}</b>: <code>${escapeHtml(state?.answer ?? "")}</code> ${escapeHtml(state?.feedback ?? "")}</li>`,
      );
      const items = list.length > 0 ? `<ul>${list.join("")}</ul>` : "";
      return `<section><h3>${escapeHtml(name)}</h3><p>solved by ${right} of ${this.runs.size}</p>${items}</section>`;
    });
    return sections.join("");
  }
}

type Outcome = "yes" | "no" | "not tried" | "not reached";

const SIGNS: Readonly<Record<Outcome, string>> = { yes: "✔", no: "✘", "not tried": "·", "not reached": "–" };
const CLASSES: Readonly<Record<Outcome, string>> = { yes: "yes", no: "no", "not tried": "none", "not reached": "none" };

const STYLE = `
td, th { text-align: left; vertical-align: top; }
td.yes { color: #1a7f37; } td.no { color: #b35900; }
.note { font-weight: normal; font-size: .85em; opacity: .8; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
`;

const solved = ({ states }: GradedRun) => states.filter(({ passed }) => passed).length;

function stateOf({ states }: GradedRun, name: string): Outcome {
  const state: ExerciseState | undefined = states.find((one) => one.name === name);
  if (!state) return "not reached";
  return state.passed === null ? "not tried" : state.passed ? "yes" : "no";
}

/** A field as spreadsheets read it: never as a formula. */
function csvField(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
