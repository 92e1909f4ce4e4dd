import { CHECK_TYPE, type Displayable, displaySymbol, type MimeBundle } from "../../core/display.js";
import { escapeHtml } from "../../core/html.js";

/** How far a reader is with one exercise. */
export interface ExerciseState {
  readonly name: string;
  /** Whether the last answer was right; null where there was none. */
  readonly passed: boolean | null;
  readonly attempts: number;
  /** The last answer, shortened; null where there was none. */
  readonly answer: string | null;
  /** What was missing in it. */
  readonly feedback: string;
}

/** What {@link check} says of an answer; shows itself as the last value of a cell. */
export class CheckResult implements Displayable, ExerciseState {
  readonly name: string;
  readonly passed: boolean;
  readonly attempts: number;
  readonly answer: string;
  readonly feedback: string;
  readonly #state: ExerciseState;

  /** @internal */
  constructor(state: ExerciseState) {
    this.#state = state;
    this.name = state.name;
    this.passed = state.passed === true;
    this.attempts = state.attempts;
    this.answer = state.answer ?? "";
    this.feedback = state.feedback;
  }

  toString(): string {
    return lineOf(this.#state);
  }

  [displaySymbol](): MimeBundle {
    return bundle([this.#state], this.toString());
  }
}

/** How far a reader is with every exercise of a notebook; shows itself as the last value of a cell. */
export class ExerciseList implements Displayable {
  /** @internal */
  constructor(readonly states: readonly ExerciseState[]) {}

  toString(): string {
    if (this.states.length === 0) return "no exercises yet";
    const solved = this.states.filter(({ passed }) => passed).length;
    return [`${solved} of ${this.states.length} exercises solved`, ...this.states.map(lineOf)].join("\n");
  }

  [displaySymbol](): MimeBundle {
    return bundle(this.states, this.toString());
  }
}

const SIGNS = { true: "✔", false: "✘", null: "·" } as const;
const COLORS = { true: "#1a7f37", false: "#b35900", null: "#6e7781" } as const;

function lineOf({ name, passed, feedback }: ExerciseState): string {
  return `${SIGNS[`${passed}`]} ${name}${feedback === "" ? "" : `: ${feedback}`}`;
}

function bundle(states: readonly ExerciseState[], text: string): MimeBundle {
  const rows = states.map(
    (
      state,
    ) => `<div style="border-left: 4px solid ${COLORS[`${state.passed}`]}; padding: 4px 12px; margin: 4px 0; font-size: 1.25em">\
${escapeHtml(lineOf(state))}</div>`,
  );
  return {
    "text/html": rows.join("") || "<div>no exercises yet</div>",
    "text/plain": text,
    [CHECK_TYPE]: states,
  };
}
