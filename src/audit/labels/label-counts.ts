import type { Row } from "../../platform/sql.js";
import { type Accuracy, accuracyOf } from "../measures/confusion.js";
import { labelsOfText } from "./label-set.js";

/** How often one of several independent labels is seen where it is, and where it is not. */
export interface LabelCounts {
  readonly label: string;
  /** Pictures that have it. */
  readonly pictures: number;
  /** Pictures in which the model sees it, at .5 or above. */
  readonly seen: number;
  /** Pictures that have it and in which it is seen. */
  readonly right: number;
  /** Share of the pictures in which it is seen that have it, with the 95 % interval of Wilson's score; null where it is seen in none. */
  readonly precision: number | null;
  readonly precisionInterval: readonly [low: number, high: number];
  /** Share of the pictures that have it in which it is seen, with its interval; null where none has it. */
  readonly recall: number | null;
  readonly recallInterval: readonly [low: number, high: number];
}

/** A label that is missed where another is seen that is not there. */
export interface LabelExchange {
  readonly missed: string;
  readonly mistaken: string;
  readonly pictures: number;
}

/** What a model of independent labels sees in pictures whose labels are known. */
export interface LabelTally {
  /** Pictures in which exactly the true labels are seen. */
  readonly exact: Accuracy;
  /** Labels that some picture has or in which they are seen, by their place among the model's. */
  readonly labels: readonly LabelCounts[];
  /** What is missed where something else is seen, the most frequent first. */
  readonly exchanges: readonly LabelExchange[];
}

/** What {@link tallyOf} is made of. @param where a condition over the columns of the table */
export const tallySql = (table: string, where: string) =>
  `select truth, seen, missed, mistaken, count(*)::double as pictures from ${table}
   where correct is not null and seen is not null and (${where}) group by all order by all`;

/** @param rows what {@link tallySql} gives */
export function tallyOf(rows: readonly Row[], labels: readonly string[]): LabelTally {
  const known = new Set(labels);
  const counts = new Map(labels.map((label) => [label, { pictures: 0, seen: 0, right: 0 }]));
  const exchanges = new Map<string, LabelExchange>();
  let [all, exact] = [0, 0];
  for (const row of rows) {
    const pictures = Number(row.pictures);
    const set = (column: string) => (row[column] === null ? [] : labelsOfText(String(row[column]), known));
    const [truths, seen] = [set("truth"), new Set(set("seen"))];
    all += pictures;
    if (row.missed === null && row.mistaken === null) exact += pictures;
    for (const label of truths) {
      const count = counts.get(label);
      if (!count) continue;
      count.pictures += pictures;
      if (seen.has(label)) count.right += pictures;
    }
    for (const label of seen) {
      const count = counts.get(label);
      if (count) count.seen += pictures;
    }
    for (const missed of set("missed")) {
      for (const mistaken of set("mistaken")) {
        const key = JSON.stringify([missed, mistaken]);
        exchanges.set(key, { missed, mistaken, pictures: pictures + (exchanges.get(key)?.pictures ?? 0) });
      }
    }
  }
  return {
    exact: accuracyOf(exact, all),
    labels: [...counts].flatMap(([label, { pictures, seen, right }]) => {
      if (pictures + seen === 0) return [];
      const [{ rate: precision, interval: precisionInterval }, { rate: recall, interval: recallInterval }] = [
        accuracyOf(right, seen),
        accuracyOf(right, pictures),
      ];
      return [{ label, pictures, seen, right, precision, precisionInterval, recall, recallInterval }];
    }),
    exchanges: [...exchanges.values()].sort((a, b) => b.pictures - a.pictures),
  };
}
