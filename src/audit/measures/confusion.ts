import { wilsonInterval } from "../../core/wilson.js";
import type { Row } from "../../platform/sql.js";

/** How often the model is right, with the 95 % interval of Wilson's score. */
export interface Accuracy {
  /** Pictures whose true class is known. */
  readonly known: number;
  readonly right: number;
  /** Share of these, 0…1; null where none is known. */
  readonly rate: number | null;
  readonly interval: readonly [low: number, high: number];
}

/** How often the model is right about the pictures of a class. */
export interface ClassAccuracy extends Accuracy {
  /** As the truth has it: several right labels, with `|` between them, are one group. */
  readonly truth: string;
  /** Whether it is a group of labels, of which each is right. */
  readonly group: boolean;
}

/** Pictures of a true class that got an answer. */
export interface ConfusionCell {
  readonly truth: string;
  readonly prediction: string;
  readonly pictures: number;
  readonly right: boolean;
}

/** Which true classes get which answers. */
export interface Confusion {
  readonly all: Accuracy;
  /** By truth. */
  readonly classes: readonly ClassAccuracy[];
  /** Those that some picture is in, by truth, the most frequent answer first. */
  readonly cells: readonly ConfusionCell[];
}

/** What {@link confusionOf} is made of. @param where a condition over the columns of the table */
export const confusionSql = (table: string, where: string) =>
  `select truth, prediction, correct, count(*)::double as pictures from ${table}
   where correct is not null and prediction is not null and (${where}) group by all order by truth, count(*) desc, prediction`;

/** @param rows what {@link confusionSql} gives */
export function confusionOf(rows: readonly Row[]): Confusion {
  const cells = rows.map(
    ({ truth, prediction, correct, pictures }): ConfusionCell => ({
      truth: String(truth),
      prediction: String(prediction),
      pictures: Number(pictures),
      right: correct === true,
    }),
  );
  const answers = new Set(cells.map(({ prediction }) => prediction));
  const classes = [...new Set(cells.map(({ truth }) => truth))].map((truth) => ({
    truth,
    group: truth.includes("|") && !answers.has(truth),
    ...cellsAccuracy(cells.filter((cell) => cell.truth === truth)),
  }));
  return { all: cellsAccuracy(cells), classes, cells };
}

function cellsAccuracy(cells: readonly ConfusionCell[]): Accuracy {
  const count = (some: readonly ConfusionCell[]) => some.reduce((sum, { pictures }) => sum + pictures, 0);
  return accuracyOf(count(cells.filter((cell) => cell.right)), count(cells));
}

export const accuracyOf = (right: number, known: number): Accuracy => ({
  known,
  right,
  rate: known > 0 ? right / known : null,
  interval: wilsonInterval(right, known),
});
