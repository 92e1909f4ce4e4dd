import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { SightlineError } from "../core/errors.js";
import { isFolder, PICTURES, picturesIn } from "./folder.js";
import { readList } from "./list.js";
import { withTruth } from "./truth.js";

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
 * The pictures of a folder tree (the names of its folders are labels when they are the model's, or ImageNet's ids), a CSV
 * or Parquet list (`path`, optionally `label` and `mask`), or a glob; sorted by path. What is there is taken as it is
 * called, wildcards or not.
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
  const named = await withTruth(items, { source, labels, truth });
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
  return glob.replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[[^\]]*\]|[^*?{[]+|./g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (/^\{.*\}$/.test(part)) return `(?:${part.slice(1, -1).split(",").map(globSource).join("|")})`;
    if (/^\[.*\]$/.test(part)) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return part.replace(/[.+^$()|[{\\]/g, "\\$&");
  });
}
