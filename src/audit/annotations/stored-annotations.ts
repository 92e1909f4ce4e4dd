import { files } from "#platform/files";
import { readItems, type StoredAudit } from "../manifest.js";
import { folderStorage } from "../shards/folder-storage.js";
import type { Slice } from "../slices.js";
import { auditTables } from "../stored-tables.js";
import { Annotations, wordsOf } from "./annotations.js";
import { chosenPictures } from "./chosen.js";
import { LOG } from "./log.js";
import { numbersOf, type Ranges } from "./ranges.js";
import type { Deed, PictureChoice, PictureNote, PictureTag } from "./types.js";

// What people noted on an audit, by the paths of its pictures; what each function does, its method of Audit says.

async function withPaths<T>(audit: StoredAudit, work: (annotations: Annotations, paths: PathsOf) => T): Promise<T> {
  const annotations = await Annotations.open(audit);
  const items = await readItems(folderStorage(audit.folder));
  return work(annotations, (ranges) => Array.from(numbersOf(ranges), (place) => items[place].path));
}

type PathsOf = (ranges: Ranges) => string[];

const byName = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

export const tags = (audit: StoredAudit): Promise<PictureTag[]> =>
  withPaths(audit, ({ state }, pathsOf) =>
    byName(state.tags).map(([tag, pictures]) => ({ tag, pictures: pathsOf(pictures) })),
  );

export const notes = (audit: StoredAudit): Promise<PictureNote[]> =>
  withPaths(audit, ({ state }, pathsOf) =>
    Array.from(state.notes.values(), (note) => ({ ...note, pictures: pathsOf(note.pictures) })),
  );

/** Slices that were kept in the explorer. */
export const keptSlices = (audit: StoredAudit): Promise<Slice[]> =>
  withPaths(audit, ({ state }, pathsOf) =>
    byName(state.slices).map(([name, pictures]) => ({ name, pictures: pathsOf(pictures) })),
  );

/** @returns whether there was one of this name */
export async function forgetKeptSlice(audit: StoredAudit, name: string): Promise<boolean> {
  if (!(await files.stat(files.join(audit.folder, LOG)))) return false;
  const annotations = await Annotations.open(audit);
  if (!annotations.state.slices.has(name)) return false;
  await annotations.do({ kind: "slice", name, pictures: null });
  return true;
}

export async function history(audit: StoredAudit): Promise<Deed[]> {
  const { entries, state } = await Annotations.open(audit);
  return entries.map((entry) => ({
    id: entry.id,
    what: wordsOf(entry, entries),
    by: entry.by,
    at: entry.at,
    undone: state.undone.has(entry.id),
  }));
}

export async function setTag(
  audit: StoredAudit,
  kind: "tag" | "untag",
  tag: string,
  choice: PictureChoice,
): Promise<void> {
  const pictures = await chosenPictures(audit.folder, await auditTables(audit.folder), choice);
  await (await Annotations.open(audit, choice.by)).do({ kind, tag, pictures });
}

export async function note(audit: StoredAudit, text: string, choice: PictureChoice): Promise<PictureNote> {
  const pictures = await chosenPictures(audit.folder, await auditTables(audit.folder), choice);
  const { id } = await (await Annotations.open(audit, choice.by)).do({ kind: "note", text, pictures });
  return (await notes(audit)).find((one) => one.id === id) as PictureNote;
}

export async function editNote(audit: StoredAudit, id: string, text: string | null, by?: string): Promise<void> {
  await (await Annotations.open(audit, by)).do({ kind: "edit-note", note: id, text });
}

export async function step(audit: StoredAudit, which: "undo" | "redo", by?: string): Promise<string | undefined> {
  const annotations = await Annotations.open(audit, by);
  const deed = await annotations[which]();
  return deed && wordsOf(deed, annotations.entries);
}
