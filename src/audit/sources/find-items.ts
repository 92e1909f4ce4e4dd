import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { describeLeftOut, type FolderContents, isFolder, PICTURE_ENDINGS, picturesIn } from "./folder.js";
import { globPattern, hasWildcards } from "./glob.js";
import type { ItemSource } from "./item-source.js";
import { readList } from "./list.js";
import { withSplits } from "./splits.js";
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
): Promise<ItemSource> {
  const { items: found, notes } = await itemsOf(source);
  const items = withSplits(found);
  const labelled = await withTruth(items, { source, labels, truth });
  return {
    items: labelled.items.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    notes: [...notes, ...labelled.notes],
  };
}

async function itemsOf(source: string): Promise<ItemSource> {
  const kind = (await files.stat(source).catch(() => undefined))?.kind;
  if (kind === "folder") return fromFolder(source, await picturesIn(source));
  if (LIST_ENDINGS.has(files.extname(source).toLowerCase())) return fromList(source);
  if (kind === undefined && hasWildcards(source)) return fromGlob(source);
  throw noFolder(source, kind !== undefined);
}

function fromFolder(source: string, { items, leftOut }: FolderContents): ItemSource {
  const others = describeLeftOut(leftOut);
  if (items.length > 0) return { items, notes: leftOut.size > 0 ? [`left out of ${source}: ${others}`] : [] };
  throw noPictures(source, `files ending in ${[...PICTURE_ENDINGS].join(", ")}`, others);
}

async function fromList(source: string): Promise<ItemSource> {
  const { pictures, notes } = await readList(source);
  if (pictures.length === 0) throw noPictures(source, "one row per picture");
  return { items: pictures.map(({ position: _, ...item }) => item), notes };
}

const noPictures = (source: string, expected: string, others = "") =>
  new SightlineError("file-not-found", `no pictures in ${source}`, {
    received: source,
    expected: others === "" ? expected : `${expected}; there are ${others}`,
  });

const noFolder = (source: string, isFile = false) =>
  new SightlineError("file-not-found", isFile ? `${source} is not a folder` : `no such folder: ${source}`, {
    received: source,
    expected: "a folder of pictures, a .csv or .parquet list, or a glob",
  });

async function fromGlob(pattern: string): Promise<ItemSource> {
  const parts = pattern.split(/[\\/]/);
  const upTo = (count: number) => parts.slice(0, count).join("/") || (pattern.startsWith("/") ? "/" : ".");
  let fixed = 0;
  while (fixed < parts.length && (!hasWildcards(parts[fixed]) || (await isFolder(upTo(fixed + 1))))) fixed++;
  if (!(await isFolder(upTo(fixed)))) throw noFolder(upTo(fixed));
  const matching = globPattern(parts.slice(fixed).join("/"));
  const items = (await picturesIn(upTo(fixed))).items.filter(({ path }) => matching.test(path));
  if (items.length === 0) throw noPictures(pattern, `files ending in ${[...PICTURE_ENDINGS].join(", ")}`);
  return { items, notes: [] };
}
