import { files } from "#platform/files";
import type { SiteFolder } from "./site-folder.js";

/** A file of the notebooks' drive, by its path below the top. */
export interface DriveFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

interface Listing {
  readonly name: string;
  readonly path: string;
  readonly type: "notebook" | "file" | "directory";
  readonly size: number | null;
}

/** Writes files to where pages find them: below `files/`. */
export async function writeFiles(site: SiteFolder, drive: readonly DriveFile[]): Promise<void> {
  for (const { path, bytes } of drive) await site.write(`files/${path}`, bytes);
}

/** Writes the drive that every visitor begins with, and the listings by which JupyterLite finds its files. */
export async function writeContents(site: SiteFolder, drive: readonly DriveFile[]): Promise<void> {
  const folders = new Map<string, Map<string, Listing>>([["", new Map()]]);
  await writeFiles(site, drive);
  for (const { path, bytes } of drive) {
    const type = path.endsWith(".ipynb") ? "notebook" : "file";
    list(folders, { name: files.basename(path), path, type, size: bytes.length });
  }
  for (const [folder, entries] of folders) {
    const listing = JSON.stringify(folderModel(folder, [...entries.values()]));
    await site.write(files.join("api/contents", folder, "all.json"), listing);
  }
}

/** Adds an entry to its folder's listing, and that folder to the one above. */
function list(folders: Map<string, Map<string, Listing>>, entry: Listing): void {
  const at = entry.path.lastIndexOf("/");
  const folder = at < 0 ? "" : entry.path.slice(0, at);
  let entries = folders.get(folder);
  if (!entries) {
    entries = new Map();
    folders.set(folder, entries);
    list(folders, { name: files.basename(folder), path: folder, type: "directory", size: null });
  }
  entries.set(entry.name, entry);
}

/** When a drive was made says nothing: the same site is the same bytes. */
const THEN = "2026-01-01T00:00:00.000Z";
const COMMON = { created: THEN, last_modified: THEN, mimetype: null, writable: true };

function folderModel(path: string, entries: Listing[]): object {
  const content = entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ ...COMMON, ...entry, content: null, format: null }));
  const name = files.basename(path);
  return { ...COMMON, name, path, type: "directory", size: null, format: "json", content };
}
