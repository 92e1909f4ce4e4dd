import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import { SightlineError } from "../../core/errors.js";
import type { AuditItem } from "./item.js";

/** Endings of picture files. */
export const PICTURE_ENDINGS: ReadonlySet<string> = new Set([
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
]);

/**
 * The pictures of a folder tree. Links to folders are followed after everything else, and each folder is read once;
 * an audit's thumbnails are left out.
 * @throws SightlineError `file-not-found`
 */
export async function picturesIn(folder: string): Promise<AuditItem[]> {
  const root = resolve(folder);
  const items: AuditItem[] = [];
  const links: string[] = [];
  const visited = new Set<string>();
  const visit = async (below: string) => {
    const here = join(root, below);
    const real = await realpath(here);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = await entriesOf(here);
    const isAudit = entries.some(({ name }) => name === "audit.json") && (await holdsAudit(here));
    for (const entry of entries) {
      const path = join(below, entry.name);
      const file = join(root, path);
      const link = entry.isSymbolicLink();
      if (isAudit && entry.name === "thumbnails") continue;
      if (entry.isDirectory()) await visit(path);
      else if (link && (await isFolder(file))) links.push(path);
      else if ((link || entry.isFile()) && PICTURE_ENDINGS.has(extname(entry.name).toLowerCase())) {
        items.push({ file, path: path.split(sep).join("/") });
      }
    }
  };
  await visit("");
  for (const link of links) await visit(link);
  return items;
}

export const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;

async function entriesOf(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new SightlineError("file-not-found", `cannot read the folder ${folder} (${cause.code})`, {
      received: folder,
      next: "make it readable, or name the folders to audit",
      cause,
    });
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function holdsAudit(folder: string): Promise<boolean> {
  try {
    return JSON.parse(await readFile(join(folder, "audit.json"), "utf8")).format === "sightline-audit";
  } catch {
    return false;
  }
}
