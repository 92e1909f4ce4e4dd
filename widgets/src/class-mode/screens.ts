/** What tags of cells mean to class mode, to exported pages and to `sightline grade`. */
export const TAGS = {
  /** Begins a screen of its own. */
  step: "step",
  /** Stays hidden until Reveal. */
  answer: "answer",
  /** For whoever presents. */
  notes: "notes",
  /** Sets exercises: no reader needs to see it. */
  exercise: "exercise",
  /** The reader answers here: its code is shown. */
  question: "question",
  /** The reader changes values here: its code is shown. */
  parameters: "parameters",
} as const;

/** A cell of a notebook as it stands on the page. */
export interface ClassCell {
  readonly node: HTMLElement;
  readonly kind: "text" | "code";
  readonly tags: readonly string[];
  /** The heading that it begins with; empty where it does not begin with one. */
  readonly heading: string;
}

export interface Screen {
  readonly cells: readonly ClassCell[];
  /** The latest notes at or above it. */
  readonly notes: ClassCell | undefined;
  /** The latest heading at or above it. */
  readonly heading: string;
}

const has = ({ tags }: ClassCell, tag: string) => tags.includes(tag);

/**
 * One idea a screen: a text that follows code begins one, and so does a heading, and what is tagged `step`. Answers stay
 * with what they answer, and the first question with what it asks about; notes and rules of exercises are on no screen.
 */
export function screensOf(cells: readonly ClassCell[]): Screen[] {
  const screens: { cells: ClassCell[]; notes: ClassCell | undefined; heading: string }[] = [];
  let notes: ClassCell | undefined;
  for (const [i, cell] of cells.entries()) {
    const last = screens.at(-1);
    if (has(cell, TAGS.notes)) {
      notes = cell;
      if (last) last.notes ??= notes;
      continue;
    }
    if (has(cell, TAGS.exercise)) continue;
    const afterCode = last?.cells.some(({ kind }) => kind === "code");
    const next = cells.slice(i + 1).find((one) => !has(one, TAGS.exercise));
    const asksHere = next && isQuestion(next) && !last?.cells.some(isQuestion);
    const goesOn = cell.kind === "code" || has(cell, TAGS.answer) || asksHere;
    if (!last || has(cell, TAGS.step) || cell.heading !== "" || (afterCode && !goesOn)) {
      screens.push({ cells: [cell], notes, heading: cell.heading || (last?.heading ?? "") });
    } else last.cells.push(cell);
  }
  return screens;
}

export const isQuestion = (cell: ClassCell) => has(cell, TAGS.question);

/** Whether the code of a cell is for the reader to change. */
export const isOpen = (cell: ClassCell) => isQuestion(cell) || has(cell, TAGS.parameters);

export const isAnswer = (cell: ClassCell) => has(cell, TAGS.answer);
