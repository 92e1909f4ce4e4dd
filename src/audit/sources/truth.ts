import { files } from "#platform/files";
import { closest, didYouMean, SightlineError } from "../../core/errors.js";
import { denial } from "../../model/ranking.js";
import { classByName } from "./class-names.js";
import { folderLabels, folderOf } from "./folder-labels.js";
import type { AuditItem } from "./item.js";
import { readList } from "./list.js";

export interface TruthOptions {
  /** Where the pictures come from; lists of ImageNet's folders are there or above. */
  source: string;
  labels: readonly string[];
  /** A list with labels, or "folders". */
  truth?: string;
}

/**
 * The pictures with their true classes, each a label of the model: from a list, from the rows that they came from, or from
 * the names of their folders. A model of one class can be denied, too.
 * @throws SightlineError `file-not-found`, `bad-data`, `bad-labels`
 */
export async function withTruth(
  items: readonly AuditItem[],
  { source, labels, truth }: TruthOptions,
): Promise<AuditItem[]> {
  const classes = labels.length === 1 ? [denial(labels[0]), labels[0]] : labels;
  if (truth !== undefined && truth !== "folders") return withClasses(await withListed(items, truth), classes);
  if (truth === undefined && items.some((item) => item.truth !== undefined)) return withClasses(items, classes);
  const labelOf = await folderLabels(items, { source, labels, classes });
  const unknown = truth === "folders" && items.find((item) => labelOf(folderOf(item)) === undefined);
  if (unknown) {
    const name = folderOf(unknown);
    throw new SightlineError("bad-labels", `the folder '${name}' is not a class of the model`, {
      received: name,
      next: closest(name, classes, 3).join(", ") || "give a list with truth: 'labels.csv'",
    });
  }
  return items.map((item) => ({ ...item, truth: labelOf(folderOf(item)) }));
}

/** Pictures with the labels that a list has for them, by their path or their file. */
async function withListed(items: readonly AuditItem[], list: string): Promise<AuditItem[]> {
  const rows = await readList(list, { labels: true });
  const byPath = new Map(rows.flatMap((row) => [[row.path, row] as const, [row.file, row] as const]));
  const rowOf = (item: AuditItem) => byPath.get(item.path) ?? byPath.get(item.file);
  if (!items.some(rowOf)) {
    throw new SightlineError("bad-data", `the list ${files.basename(list)} names none of the pictures`, {
      received: rows[0]?.path,
      expected: `paths like ${items[0].path}, or relative to the list`,
    });
  }
  return items.map((item) => ({ ...item, truth: rowOf(item)?.truth ?? item.truth }));
}

/** @throws SightlineError `bad-labels` for labels that are not classes */
function withClasses(items: readonly AuditItem[], classes: readonly string[]): AuditItem[] {
  const named = classByName(classes);
  const numbers = !classes.some((name) => NUMBER.test(name));
  const unknown = new Map<string, number>();
  const classOf = (label: string) => {
    const name = named(label) ?? (numbers && NUMBER.test(label) ? classes[Number(label)] : undefined);
    if (name === undefined) unknown.set(label, (unknown.get(label) ?? 0) + 1);
    return name;
  };
  const labelled = items.map((item) => {
    const labels = (item.truth ?? "").split("|").map((label) => label.trim());
    const truths = labels.filter((label) => label !== "").map(classOf);
    return { ...item, truth: [...new Set(truths)].join("|") || undefined };
  });
  if (unknown.size > 0) throw notAClass(unknown, classes, numbers);
  return labelled;
}

/** Classes that a message lists. */
const MOST_NAMED = 10;

/** A class's number, as tools write it whose columns are of fractions. */
const NUMBER = /^\d+(\.0*)?$/;

function notAClass(unknown: ReadonlyMap<string, number>, classes: readonly string[], numbers: boolean): SightlineError {
  const [[label, count], ...others] = [...unknown].sort(([, a], [, b]) => b - a);
  const more = others.length === 1 ? ", nor is 1 other label" : `, nor are ${others.length} other labels`;
  const what = `the label '${label}' of ${count} ${count === 1 ? "picture" : "pictures"} is not a class of the model`;
  const names = classes.length <= MOST_NAMED ? classes.join(", ") : `one of its ${classes.length} labels`;
  return new SightlineError("bad-labels", `${what}${others.length > 0 ? more : ""}`, {
    received: Object.fromEntries(unknown),
    expected: numbers ? `${names}, or a number from 0 to ${classes.length - 1}` : names,
    next: didYouMean(label, classes) ?? "leave it empty where the true class is none of them",
  });
}
