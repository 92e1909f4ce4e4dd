import { closest, didYouMean, SightlineError } from "../../core/errors.js";
import { joinLabels, splitLabels } from "../../explain/truth-text.js";
import { denial } from "../../model/ranking.js";
import { plural } from "../../render/format.js";
import { isNone, labelSetText, NONE } from "../labels/label-set.js";
import { classByName } from "./class-names.js";
import { folderLabels, folderOf } from "./folder-labels.js";
import type { AuditItem } from "./item.js";
import { examples, type ItemSource } from "./item-source.js";
import { matchList } from "./match-list.js";

export interface TruthOptions {
  /** Where the pictures come from; lists of ImageNet's folders are there or above. */
  source: string;
  labels: readonly string[];
  /** A list with labels, or "folders". */
  truth?: string;
  /** Whether the labels are independent: all of a picture's are named, or that it has none. */
  independent?: boolean;
}

/**
 * The pictures with their true classes, each a label of the model: from a list, from the rows that they came from, or from
 * the names of their folders. A model of one class can be denied, too; of independent labels a picture may have none.
 * @throws SightlineError `file-not-found`, `bad-data`, `bad-labels`
 */
export async function withTruth(
  items: readonly AuditItem[],
  { source, labels, truth, independent = false }: TruthOptions,
): Promise<ItemSource> {
  const classes = labels.length === 1 ? [denial(labels[0]), labels[0]] : labels;
  if (truth !== undefined && truth !== "folders") {
    const listed = await matchList(items, truth);
    return { ...listed, items: withClasses(listed.items, classes, independent) };
  }
  if (truth === undefined && items.some((item) => item.truth !== undefined)) {
    return { items: withClasses(items, classes, independent), notes: [] };
  }
  const classOf = await folderLabels(items, { source, labels, classes });
  const labelOf = independent ? (name: string) => folderSet(name, classes, classOf) : classOf;
  const unknown = items.filter((item) => labelOf(folderOf(item)) === undefined);
  if (truth === "folders" && unknown.length > 0) {
    const name = folderOf(unknown[0]);
    throw new SightlineError("bad-labels", `the folder '${name}' is not a class of the model`, {
      received: name,
      next: closest(name, classes, 3).join(", ") || "give a list with truth: 'labels.csv'",
    });
  }
  return {
    items: items.map((item) => ({ ...item, truth: labelOf(folderOf(item)) })),
    notes: unknown.length < items.length ? unlabelledFolders(unknown) : [],
  };
}

/** A note where some folders are classes and others are not. */
function unlabelledFolders(unknown: readonly AuditItem[]): string[] {
  const folders = [...new Set(unknown.map(folderOf))];
  if (folders.length === 0) return [];
  const what = folders.length === 1 ? "1 folder is not a class" : `${folders.length} folders are not classes`;
  return [`${what} of the model: ${examples(folders)}; no true class is known of ${plural(unknown.length, "picture")}`];
}

/** What stands between independent labels in a folder's name, where a `|` may not. */
const BETWEEN_IN_FOLDERS = "+";

/** The independent labels that a folder's name has; undefined where a part of it is none. */
function folderSet(
  name: string,
  classes: readonly string[],
  classOf: (name: string) => string | undefined,
): string | undefined {
  const whole = classOf(name);
  if (whole !== undefined) return whole;
  if (isNone(name)) return NONE;
  const named = splitLabels(name, (label) => classOf(label) !== undefined, BETWEEN_IN_FOLDERS).map(classOf);
  return named.some((label) => label === undefined) ? undefined : labelSetText(named as string[], classes);
}

/** @throws SightlineError `bad-labels` for labels that are not classes */
function withClasses(items: readonly AuditItem[], classes: readonly string[], independent: boolean): AuditItem[] {
  const named = classByName(classes);
  const numbers = !classes.some((name) => NUMBER.test(name));
  const unknown = new Map<string, number>();
  const byText = (label: string) => named(label) ?? (numbers ? classes[classNumber(label, classes.length)] : undefined);
  const classOf = (label: string) => {
    const name = byText(label);
    if (name === undefined) unknown.set(label, (unknown.get(label) ?? 0) + 1);
    return name ?? [];
  };
  const labelled = items.map((item) => {
    if (independent && isNone(item.truth ?? "") && byText(item.truth ?? "") === undefined) {
      return { ...item, truth: NONE };
    }
    const truths = new Set(splitLabels(item.truth ?? "", (label) => byText(label) !== undefined).flatMap(classOf));
    if (truths.size === 0) return { ...item, truth: undefined };
    return { ...item, truth: independent ? labelSetText([...truths], classes) : joinLabels([...truths]) };
  });
  if (unknown.size > 0) throw notAClass(unknown, classes, { numbers, independent });
  return labelled;
}

/** A class by its number, as tools write it whose columns are of fractions; of two, false is the first and true the second. */
function classNumber(label: string, classes: number): number {
  if (classes === 2 && /^(true|false)$/i.test(label)) return /^true$/i.test(label) ? 1 : 0;
  return NUMBER.test(label) ? Number(label) : NaN;
}

const NUMBER = /^\d+(\.0*)?$/;

/** Classes that a message lists. */
const MOST_NAMED = 10;

function notAClass(
  unknown: ReadonlyMap<string, number>,
  classes: readonly string[],
  { numbers, independent }: { numbers: boolean; independent: boolean },
): SightlineError {
  const [[label, count], ...others] = [...unknown].sort(([, a], [, b]) => b - a);
  const more = others.length === 1 ? ", nor is 1 other label" : `, nor are ${others.length} other labels`;
  const what = `the label '${label}' of ${count} ${count === 1 ? "picture" : "pictures"} is not a class of the model`;
  const names = classes.length <= MOST_NAMED ? classes.join(", ") : `one of its ${classes.length} labels`;
  return new SightlineError("bad-labels", `${what}${others.length > 0 ? more : ""}`, {
    received: Object.fromEntries(unknown),
    expected: numbers ? `${names}, or a number from 0 to ${classes.length - 1}` : names,
    next:
      didYouMean(label, classes) ??
      (independent
        ? `write ${NONE} where a picture has no label, and leave it empty where its labels are not known`
        : "leave it empty where the true class is none of them"),
  });
}
