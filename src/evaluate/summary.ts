import { checkList } from "../core/checks.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { mean } from "../core/statistics.js";
import type { Evaluation, Measurement } from "./evaluation.js";
import { figureOf, htmlTable, markdownTable, numberCell, type Table } from "./table.js";

/** A metric of one method over several pictures. */
export interface SummaryEntry {
  readonly name: string;
  readonly metric: string;
  readonly better: "higher" | "lower";
  readonly pictures: number;
  readonly mean: number;
  /** Standard error of the mean; 0 for one picture. */
  readonly error: number;
  /** Means of the parts. */
  readonly parts: Readonly<Record<string, number>>;
  /** Means over the pictures of what the random baseline maps reach, and of the chance that one does as well. */
  readonly nulls?: { readonly regions: number; readonly centre: number; readonly chance: number };
}

/** Means over pictures, with standard errors, one row a method. */
export class Summary implements Displayable {
  constructor(readonly entries: readonly SummaryEntry[]) {}

  /** One row a method, one column a metric. */
  table(): Table {
    const names = [...new Set(this.entries.map(({ name }) => name))];
    const metrics = [...new Set(this.entries.map(({ metric }) => metric))];
    return {
      head: ["method", ...metrics],
      rows: names.map((name) => [
        { text: name },
        ...metrics.map((metric) => {
          const entry = this.entries.find((one) => one.name === name && one.metric === metric);
          return entry ? numberCell(entry.mean, `± ${figureOf(entry.error)}`) : { text: "" };
        }),
      ]),
    };
  }

  /** The table as HTML. */
  html(): string {
    return htmlTable(this.table());
  }

  /** The table as Markdown. */
  markdown(): string {
    return markdownTable(this.table());
  }

  /** Every number of the table, for files. */
  toJSON(): { entries: readonly SummaryEntry[] } {
    return { entries: this.entries };
  }

  [displaySymbol](): MimeBundle {
    return { "text/html": this.html(), "text/plain": this.markdown() };
  }
}

/**
 * Averages evaluations of several pictures, method by method: average drop and increase are such means.
 * @example
 * const evaluations = [];
 * for (const image of ["cat.png", "dog.png"]) {
 *   const explanation = await explain(model, image, { method: "recipro-cam" });
 *   evaluations.push(await evaluate(model, image, explanation, { metrics: ["insertion"] }));
 * }
 * summarise(evaluations).markdown();
 * @throws SightlineError `bad-config` for an empty list, or one of something else
 */
export function summarise(evaluations: readonly Evaluation[]): Summary {
  checkList(evaluations, "the evaluations", "a list of what evaluate gives");
  const odd = evaluations.find((one) => !Array.isArray(one?.rows));
  if (odd !== undefined) {
    throw new SightlineError("bad-config", `not an evaluation: ${kindOf(odd)}`, {
      received: odd,
      expected: "what evaluate gives",
    });
  }
  const groups = new Map<string, { name: string; measurements: Measurement[] }>();
  for (const { rows } of evaluations) {
    for (const { name, measurements } of rows) {
      for (const one of measurements) {
        const key = `${name}\n${one.metric}`;
        const group = groups.get(key) ?? { name, measurements: [] };
        group.measurements.push(one);
        groups.set(key, group);
      }
    }
  }
  return new Summary([...groups.values()].map((group) => entryOf(group.name, group.measurements)));
}

function entryOf(name: string, measurements: readonly Measurement[]): SummaryEntry {
  const values = measurements.map(({ value }) => value);
  const middle = mean(values);
  const n = values.length;
  const variance = n > 1 ? values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1) : 0;
  const nulls = measurements.flatMap(({ nulls }) => (nulls ? [nulls] : []));
  const names = Object.keys(measurements[0].parts ?? {});
  return {
    name,
    metric: measurements[0].metric,
    better: measurements[0].better,
    pictures: n,
    mean: middle,
    error: Math.sqrt(variance / n),
    parts: Object.fromEntries(
      names.map((part) => [part, mean(measurements.map(({ parts }) => parts?.[part] ?? Number.NaN))]),
    ),
    nulls: nulls.length
      ? {
          regions: mean(nulls.map((one) => one.mean)),
          centre: mean(nulls.map((one) => one.centre)),
          chance: mean(nulls.map((one) => one.chance)),
        }
      : undefined,
  };
}
