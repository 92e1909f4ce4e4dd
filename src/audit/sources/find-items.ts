import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { describeLeftOut, type FolderContents, isFolder, PICTURE_ENDINGS, picturesIn } from "./folder.js";
import { globPattern, hasWildcards } from "./glob.js";
import { furtherOf, type ItemSource } from "./item-source.js";
import { LIST_ENDINGS, readList } from "./list.js";
import { joined } from "./several.js";
import { withSplits } from "./splits.js";
import { withTruth } from "./truth.js";

/** Where the true classes are written. */
export interface ItemOptions {
  /** A CSV or Parquet file with columns `path` and `label`, or "folders": the name of each picture's folder. */
  truth?: string;
  /** Whether the labels are independent: a picture has all that are named, or `none`. */
  independent?: boolean;
}

/** Where pictures come from: a folder, a list or a glob, or several of them. */
export type ItemSources = string | readonly string[];

/**
 * The pictures of a folder tree (the names of its folders are labels when they are the model's, or ImageNet's ids), a CSV
 * or Parquet list (`path`, optionally `label`, `mask` and whatever else it says), or a glob; sorted by path. A source that exists is taken as it
 * is named, wildcards or not. Of several sources each is a split of its own, by whose name the paths begin.
 * @throws SightlineError `file-not-found`, `bad-data`, `bad-labels`, `bad-config` for sources that overlap
 */
export async function findItems(
  source: ItemSources,
  labels: readonly string[],
  options: ItemOptions = {},
): Promise<ItemSource> {
  const sources = typeof source === "string" ? [source] : source;
  const [first] = sources;
  const { items, ...rest } = await (sources.length === 1
    ? ofOne(first, labels, options)
    : ofSeveral(sources, labels, options));
  return { items: items.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)), ...rest };
}

async function ofOne(
  source: string,
  labels: readonly string[],
  { truth, independent }: ItemOptions,
): Promise<ItemSource> {
  const found = await itemsOf(source);
  const labelled = await withTruth(withSplits(found.items), { source, labels, truth, independent });
  return following(found, labelled);
}

/** Pictures that were found and then given their labels. */
const following = (found: ItemSource, labelled: ItemSource): ItemSource => ({
  items: labelled.items,
  notes: [...found.notes, ...labelled.notes],
  further: furtherOf([found, labelled]),
});

/** A list of labels is about all of them; without one each source says itself what its pictures are. */
async function ofSeveral(
  sources: readonly string[],
  labels: readonly string[],
  { truth, independent }: ItemOptions,
): Promise<ItemSource> {
  const listed = truth !== undefined && truth !== "folders";
  const parts: (ItemSource & { source: string })[] = [];
  for (const source of sources) {
    const part = listed ? await itemsOf(source) : await ofOne(source, labels, { truth, independent });
    parts.push({ ...part, source, items: withSplits(part.items) });
  }
  const all = await joined(parts);
  if (!listed) return all;
  const labelled = await withTruth(all.items, { source: sources[0], labels, truth, independent });
  return following(all, labelled);
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
  return {
    items: pictures.map(({ position: _, further: __, ...item }) => item),
    notes,
    further: new Map(pictures.map(({ file, further }) => [file, further])),
  };
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
