import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { closest, SightlineError } from "../errors.js";
import { isFolder, PICTURES, picturesIn } from "./folder.js";
import { readList } from "./list.js";

/** One picture to look at. */
export interface AuditItem {
  /** As it is named in the results: relative to the folder or list that it came from, with `/`. */
  readonly path: string;
  /** Where it lies. */
  readonly file: string;
  /** Label of the true class; several, separated by `|`, where more than one is right. */
  readonly truth?: string;
  /** A mask of the true object, drawn on the picture: white inside. */
  readonly mask?: string;
}

/** Where pictures come from, and where their true classes are written. */
export interface ItemOptions {
  /** A CSV or Parquet file with columns `path` and `label`, or "folders": the name of each picture's folder. */
  truth?: string;
}

const LISTS = new Set([".csv", ".tsv", ".parquet"]);
const WILD = /[*?{[]/;

/**
 * The pictures of a folder tree (the names of its folders are labels when they are the model's, or ImageNet's ids), a CSV or Parquet list (`path`, optionally `label` and `mask`), or a glob; sorted by path. What is there is taken as it is called, wildcards or not.
 * @throws SightlineError `file-not-found`, `bad-data`, `bad-labels`
 */
export async function findItems(
  source: string,
  labels: readonly string[],
  { truth }: ItemOptions = {},
): Promise<AuditItem[]> {
  const items = await itemsOf(source);
  if (items.length === 0) {
    throw new SightlineError("file-not-found", `no pictures in ${source}`, {
      received: source,
      expected: isList(source) ? "a row for each picture" : `files that end in ${[...PICTURES].join(", ")}`,
    });
  }
  const named = await withTruth(items, await folderLabels(items, labels, source), labels, truth);
  return named.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

const isList = (source: string) => LISTS.has(extname(source).toLowerCase());

async function itemsOf(source: string): Promise<AuditItem[]> {
  const known = await stat(source).catch(() => undefined);
  if (known?.isDirectory()) return picturesIn(source);
  if (isList(source)) return readList(source);
  if (!known && WILD.test(source)) return fromGlob(source);
  throw noFolder(source, known !== undefined);
}

const noFolder = (source: string, isFile = false) =>
  new SightlineError("file-not-found", isFile ? `${source} is no folder` : `there is no folder ${source}`, {
    received: source,
    expected: "a folder of pictures, a .csv or .parquet list, or a glob",
  });

/** `**` crosses folders, `*` and `?` do not, `{a,b}` are alternatives. */
async function fromGlob(pattern: string): Promise<AuditItem[]> {
  const parts = pattern.split(/[\\/]/);
  const upTo = (count: number) => parts.slice(0, count).join("/") || (pattern.startsWith("/") ? "/" : ".");
  let fixed = 0;
  while (fixed < parts.length && (!WILD.test(parts[fixed]) || (await isFolder(upTo(fixed + 1))))) fixed++;
  if (!(await isFolder(upTo(fixed)))) throw noFolder(upTo(fixed));
  const matches = new RegExp(`^${globSource(parts.slice(fixed).join("/"))}$`);
  return (await picturesIn(upTo(fixed))).filter(({ path }) => matches.test(path));
}

function globSource(glob: string): string {
  return glob.replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[[^\]]*\]|[^*?{[]+/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("{")) return `(?:${part.slice(1, -1).split(",").map(globSource).join("|")})`;
    if (part.startsWith("[")) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return part.replace(/[.+^$()|\\]/g, "\\$&");
  });
}

async function withTruth(
  items: AuditItem[],
  byFolder: ReadonlyMap<string, string>,
  labels: readonly string[],
  truth: string | undefined,
): Promise<AuditItem[]> {
  if (truth !== undefined && truth !== "folders") {
    const byPath = new Map(
      (await readList(truth)).flatMap((row) => [
        [row.path, row.truth],
        [row.file, row.truth],
      ]),
    );
    return items.map((item) => ({ ...item, truth: byPath.get(item.path) ?? byPath.get(item.file) ?? item.truth }));
  }
  const labelOf = (item: AuditItem) => byFolder.get(plain(folderOf(item)));
  if (truth === undefined && items.some((item) => item.truth !== undefined)) return items;
  const found = items.map((item) => ({ ...item, truth: labelOf(item) }));
  if (truth === "folders") {
    const unknown = items.find((item) => labelOf(item) === undefined);
    if (unknown) {
      const name = folderOf(unknown);
      throw new SightlineError("bad-labels", `the folder '${name}' is no class of the model`, {
        received: name,
        next: closest(name, labels, 3).join(", ") || "give a list with truth: 'labels.csv'",
      });
    }
  }
  return found;
}

/** The picture's own folder, be it the one that was asked for. */
const folderOf = ({ file }: AuditItem) => basename(dirname(file));

const WORDNET_ID = /^n\d{8}$/;
/** Files beside ImageNet that name its folders, one a line and in the order of the classes: an id, then words. */
const SYNSETS = ["LOC_synset_mapping.txt", "synset_words.txt", "synsets.txt"];

/**
 * What folder names mean: the labels themselves, or ImageNet's ids, whose order is that of the classes. Ids need all
 * their folders, or a list of them in the folder or up to three above.
 */
async function folderLabels(
  items: readonly AuditItem[],
  labels: readonly string[],
  source: string,
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(items.map(folderOf))].sort();
  const ids = names.filter((name) => WORDNET_ID.test(name));
  if (ids.length === 0) return new Map(labels.map((label) => [plain(label), label]));
  const listed = (await synsetIds(source)) ?? ids;
  return listed.length === labels.length ? new Map(listed.map((id, index) => [plain(id), labels[index]])) : new Map();
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

/** Labels as people write folder names: without case, blanks and underscores alike. */
const plain = (label: string) =>
  label
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
