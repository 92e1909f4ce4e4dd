import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { isFolder, PICTURE_ENDINGS, picturesIn } from "./folder.js";
import { globPattern, hasWildcards } from "./glob.js";
import type { AuditItem } from "./item.js";
import { readList } from "./list.js";
import { withTruth } from "./truth.js";

/** Where the true classes are written. */
export interface ItemOptions {
  /** A CSV or Parquet file with columns `path` and `label`, or "folders": the name of each picture's folder. */
  truth?: string;
}

const LIST_ENDINGS = new Set([".csv", ".tsv", ".parquet"]);

/**
 * The pictures of a folder tree (the names of its folders are labels when they are the model's, or ImageNet's ids), a CSV
 * or Parquet list (`path`, optionally `label` and `mask`), or a glob; sorted by path. A source that exists is taken as it
 * is named, wildcards or not.
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
      expected: isList(source) ? "one row per picture" : `files ending in ${[...PICTURE_ENDINGS].join(", ")}`,
    });
  }
  const withTruths = await withTruth(items, { source, labels, truth });
  return withTruths.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

const isList = (source: string) => LIST_ENDINGS.has(files.extname(source).toLowerCase());

async function itemsOf(source: string): Promise<AuditItem[]> {
  const facts = await files.stat(source).catch(() => undefined);
  if (facts?.kind === "folder") return picturesIn(source);
  if (isList(source)) return readList(source);
  if (!facts && hasWildcards(source)) return fromGlob(source);
  throw noFolder(source, facts !== undefined);
}

const noFolder = (source: string, isFile = false) =>
  new SightlineError("file-not-found", isFile ? `${source} is not a folder` : `no such folder: ${source}`, {
    received: source,
    expected: "a folder of pictures, a .csv or .parquet list, or a glob",
  });

async function fromGlob(pattern: string): Promise<AuditItem[]> {
  const parts = pattern.split(/[\\/]/);
  const upTo = (count: number) => parts.slice(0, count).join("/") || (pattern.startsWith("/") ? "/" : ".");
  let fixed = 0;
  while (fixed < parts.length && (!hasWildcards(parts[fixed]) || (await isFolder(upTo(fixed + 1))))) fixed++;
  if (!(await isFolder(upTo(fixed)))) throw noFolder(upTo(fixed));
  const matching = globPattern(parts.slice(fixed).join("/"));
  return (await picturesIn(upTo(fixed))).filter(({ path }) => matching.test(path));
}
