import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { closest, didYouMean, SightlineError } from "../core/errors.js";
import { denial } from "../model/ranking.js";
import type { AuditItem } from "./items.js";
import { readList } from "./list.js";

export interface TruthOptions {
  /** Where the pictures come from; lists of ImageNet's folders lie there or above. */
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
  if (truth !== undefined && truth !== "folders") return labelled(await listed(items, truth), classes);
  if (truth === undefined && items.some((item) => item.truth !== undefined)) return labelled(items, classes);
  const labelOf = await folderLabels(items, { source, labels, classes });
  const unknown = truth === "folders" && items.find((item) => labelOf(folderOf(item)) === undefined);
  if (unknown) {
    const name = folderOf(unknown);
    throw new SightlineError("bad-labels", `the folder '${name}' is no class of the model`, {
      received: name,
      next: closest(name, classes, 3).join(", ") || "give a list with truth: 'labels.csv'",
    });
  }
  return items.map((item) => ({ ...item, truth: labelOf(folderOf(item)) }));
}

/** Pictures with the labels that a list has for them, by their path or their file. */
async function listed(items: readonly AuditItem[], list: string): Promise<AuditItem[]> {
  const rows = await readList(list, { labels: true });
  const byPath = new Map(rows.flatMap((row) => [[row.path, row] as const, [row.file, row] as const]));
  const rowOf = (item: AuditItem) => byPath.get(item.path) ?? byPath.get(item.file);
  if (!items.some(rowOf)) {
    throw new SightlineError("bad-data", `the list ${basename(list)} names none of the pictures`, {
      received: rows[0]?.path,
      expected: `paths like ${items[0].path}, or relative to the list`,
    });
  }
  return items.map((item) => ({ ...item, truth: rowOf(item)?.truth ?? item.truth }));
}

/** @throws SightlineError `bad-labels` for labels that are none of the classes */
function labelled(items: readonly AuditItem[], classes: readonly string[]): AuditItem[] {
  const named = byName(classes);
  const numbers = !classes.some((name) => NUMBER.test(name));
  const unknown = new Map<string, number>();
  const classOf = (label: string) => {
    const found = named(label) ?? (numbers && NUMBER.test(label) ? classes[Number(label)] : undefined);
    if (found === undefined) unknown.set(label, (unknown.get(label) ?? 0) + 1);
    return found;
  };
  const found = items.map((item) => {
    const labels = (item.truth ?? "").split("|").map((label) => label.trim());
    const truths = labels.filter((label) => label !== "").map(classOf);
    return { ...item, truth: [...new Set(truths)].join("|") || undefined };
  });
  if (unknown.size > 0) throw noClass(unknown, classes, numbers);
  return found;
}

/** Classes that a message lists. */
const MOST_NAMED = 10;

/** A class's number, as tools write it whose columns are of fractions. */
const NUMBER = /^\d+(\.0*)?$/;

function noClass(unknown: ReadonlyMap<string, number>, classes: readonly string[], numbers: boolean): SightlineError {
  const [[label, count], ...others] = [...unknown].sort(([, a], [, b]) => b - a);
  const more = others.length === 1 ? ", nor is 1 other label" : `, nor are ${others.length} other labels`;
  const what = `the label '${label}' of ${count} ${count === 1 ? "picture" : "pictures"} is no class of the model`;
  const names = classes.length <= MOST_NAMED ? classes.join(", ") : `one of its ${classes.length} labels`;
  return new SightlineError("bad-labels", `${what}${others.length > 0 ? more : ""}`, {
    received: Object.fromEntries(unknown),
    expected: numbers ? `${names}, or a number from 0 to ${classes.length - 1}` : names,
    next: didYouMean(label, classes) ?? "leave it empty where the true class is none of them",
  });
}

/** The class that a name means: its own label, else the only one that reads alike. */
function byName(classes: readonly string[]): (name: string) => string | undefined {
  const own = new Set(classes);
  const alike = new Map<string, string[]>();
  for (const label of own) alike.set(plain(label), [...(alike.get(plain(label)) ?? []), label]);
  return (name) => {
    if (own.has(name)) return name;
    const [only, another] = alike.get(plain(name)) ?? [];
    return another === undefined ? only : undefined;
  };
}

/** Labels as people write them: without case, blanks, hyphens and underscores alike. */
const plain = (label: string) =>
  label
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();

/** The picture's own folder, be it the one that was asked for. */
const folderOf = ({ file }: AuditItem) => basename(dirname(file));

const WORDNET_ID = /^n\d{8}$/;
/** Files beside ImageNet that name its folders, one a line and in the order of the classes: an id, then words. */
const SYNSETS = ["LOC_synset_mapping.txt", "synset_words.txt", "synsets.txt"];

/**
 * What folder names mean: the classes themselves, or ImageNet's ids, whose order is that of the classes. Ids need all
 * their folders, or a list of them in the folder or up to three above.
 */
async function folderLabels(
  items: readonly AuditItem[],
  { source, labels, classes }: { source: string; labels: readonly string[]; classes: readonly string[] },
): Promise<(name: string) => string | undefined> {
  const ids = [...new Set(items.map(folderOf))].sort().filter((name) => WORDNET_ID.test(name));
  if (ids.length === 0) return byName(classes);
  const known = (await synsetIds(source)) ?? ids;
  const byId = new Map(known.length === labels.length ? known.map((id, index) => [id, labels[index]]) : []);
  return (name) => byId.get(name);
}

async function synsetIds(source: string): Promise<string[] | undefined> {
  for (let folder = resolve(source), up = 0; up < 4; folder = dirname(folder), up++) {
    for (const name of SYNSETS) {
      const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
      const ids = text?.split(/\r?\n/).map((line) => line.split(/\s/, 1)[0]);
      const known = ids?.filter((id) => WORDNET_ID.test(id));
      if (known && known.length > 0) return known;
    }
  }
  return undefined;
}
