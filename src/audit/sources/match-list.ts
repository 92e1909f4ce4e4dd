import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import type { AuditItem } from "./item.js";
import { examples, type ItemSource } from "./item-source.js";
import { type ListedPicture, type PictureList, readList } from "./list.js";

/**
 * Pictures with the labels that a list has for them. A row is a picture's by its file, or by its path in the results,
 * however accents and folders are written, with or without ending.
 * @throws SightlineError `file-not-found`, `bad-data` where no row is a picture's
 */
export async function matchList(items: readonly AuditItem[], listFile: string): Promise<ItemSource> {
  const list = await readList(listFile, { labels: true });
  const pictureOf = matcher(items);
  const rowOf = new Map<AuditItem, ListedPicture>();
  const unmatched: ListedPicture[] = [];
  for (const row of list.pictures) {
    const item = pictureOf(row);
    if (item === undefined) unmatched.push(row);
    else rowOf.set(item, row);
  }
  if (rowOf.size === 0) {
    throw new SightlineError("bad-data", `the list ${list.name} names none of the pictures`, {
      received: list.pictures[0]?.path,
      expected: `paths like ${items[0].path}, or relative to the list`,
    });
  }
  return {
    items: items.map((item) => {
      const { truth = item.truth, split = item.split } = rowOf.get(item) ?? {};
      return { ...item, truth, ...(split !== undefined && { split }) };
    }),
    notes: [...list.notes, ...leftOver(list, items, rowOf, unmatched)],
    further: new Map([...rowOf].map(([{ file }, { further }]) => [file, further])),
  };
}

/** The picture that a row is about. */
function matcher(items: readonly AuditItem[]): (row: ListedPicture) => AuditItem | undefined {
  const byName = new Map<string, AuditItem>();
  const byStem = new Map<string, AuditItem | undefined>();
  for (const item of items) {
    for (const name of [item.file, item.path]) byName.set(plain(name), item);
    const stem = plain(withoutEnding(item.path));
    byStem.set(stem, byStem.has(stem) ? undefined : item);
  }
  return ({ file, path }) => byName.get(plain(file)) ?? byName.get(plain(path)) ?? byStem.get(plain(path));
}

const withoutEnding = (path: string) => path.slice(0, path.length - files.extname(path).length);

/** One way to write a path: accents composed, `/` between folders, no detours. */
function plain(path: string): string {
  const parts: string[] = [];
  for (const part of path.normalize("NFC").split(/[\\/]/)) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Notes of rows and pictures that have no counterpart. */
function leftOver(
  list: PictureList,
  items: readonly AuditItem[],
  rowOf: ReadonlyMap<AuditItem, ListedPicture>,
  unmatched: readonly ListedPicture[],
): string[] {
  const unlabelled = items.filter((item) => !rowOf.has(item));
  const notes: string[] = [];
  if (unmatched.length > 0) {
    const names = examples(unmatched.map(({ path }) => path));
    notes.push(`${unmatched.length} of the ${list.pictures.length} rows of ${list.name} match no picture: ${names}`);
  }
  if (unlabelled.length > 0) {
    const names = examples(unlabelled.map(({ path }) => path));
    notes.push(`${unlabelled.length} of the ${items.length} pictures are not in ${list.name}: ${names}`);
  }
  return notes;
}
