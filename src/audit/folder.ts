import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import { SightlineError } from "../core/errors.js";
import type { AuditItem } from "./items.js";

/** What files of pictures end in. */
export const PICTURES: ReadonlySet<string> = new Set([
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
 * The pictures of a folder tree. Links to folders are followed when all that is no link is read, and a folder is read
 * once; the thumbnails of an audit are none of its pictures.
 * @throws SightlineError `file-not-found`
 */
export async function picturesIn(folder: string): Promise<AuditItem[]> {
  const root = resolve(folder);
  const found: AuditItem[] = [];
  const links: string[] = [];
  const seen = new Set<string>();
  const read = async (below: string) => {
    const here = join(root, below);
    const real = await realpath(here);
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await entriesOf(here);
    const ofAudit = entries.some(({ name }) => name === "audit.json") && (await holdsAudit(here));
    for (const entry of entries) {
      const path = join(below, entry.name);
      const file = join(root, path);
      const link = entry.isSymbolicLink();
      if (ofAudit && entry.name === "thumbnails") continue;
      if (entry.isDirectory()) await read(path);
      else if (link && (await isFolder(file))) links.push(path);
      else if ((link || entry.isFile()) && PICTURES.has(extname(entry.name).toLowerCase())) {
        found.push({ file, path: path.split(sep).join("/") });
      }
    }
  };
  await read("");
  for (const link of links) await read(link);
  return found;
}

export const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;

async function entriesOf(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new SightlineError("file-not-found", `the folder ${folder} cannot be read (${cause.code})`, {
      received: folder,
      next: "make it readable, or name the folders to look at",
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
