import { reducedPicture } from "../reduced-picture.js";

/** Pictures of one class. */
export interface PickedPictures {
  readonly label: string;
  readonly files: readonly File[];
}

/** Longest side that travels: more than any network here looks at. */
export const LONGEST = 512;
const MOST_DEPTH = 4;

/** Files by the folder that they lie in; those that lie in none belong to `label`. */
export function byFolder(files: Iterable<File>, label: string): PickedPictures[] {
  const groups = new Map<string, File[]>();
  for (const file of files) {
    if (!/^image\//.test(file.type)) continue;
    const folders = file.webkitRelativePath.split("/").slice(0, -1);
    const name = folders.at(-1) ?? label;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return [...groups].map(([name, own]) => ({ label: name, files: own }));
}

/** What was dropped: files, and folders with what is in them, each folder a class. */
export async function dropped(transfer: DataTransfer, label: string): Promise<PickedPictures[]> {
  // entries must be asked for before anything is awaited: the browser then forgets them
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const groups = new Map<string, File[]>();
  const visit = async (entry: FileSystemEntry, name: string, depth: number): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
      if (/^image\//.test(file.type)) groups.set(name, [...(groups.get(name) ?? []), file]);
    } else if (depth < MOST_DEPTH) {
      for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await visit(inner, entry.name, depth + 1);
    }
  };
  for (const entry of entries) if (entry) await visit(entry, label, 0);
  return [...groups].map(([name, files]) => ({ label: name, files }));
}

/** All entries of a folder, which come in parts. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

/** A picture, upright and no larger than needed, as it travels; a file that the browser cannot read goes as it is. */
export async function reduced(file: File): Promise<ArrayBuffer> {
  try {
    return await (await reducedPicture(file, LONGEST)).encoded.arrayBuffer();
  } catch {
    return file.arrayBuffer();
  }
}
