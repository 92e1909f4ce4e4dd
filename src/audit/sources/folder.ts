import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import type { FileError } from "../../platform/files.js";
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
  const root = files.resolve(folder);
  const items: AuditItem[] = [];
  const links: string[] = [];
  const visited = new Set<string>();
  const visit = async (below: string) => {
    const here = files.join(root, below);
    const real = await files.realPath(here);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = await entriesOf(here);
    const isAudit = entries.some(({ name }) => name === "audit.json") && (await holdsAudit(here));
    for (const { name, kind } of entries) {
      const path = below === "" ? name : `${below}/${name}`;
      const file = files.join(root, path);
      if (isAudit && name === "thumbnails") continue;
      if (kind === "folder") await visit(path);
      else if (kind === "link" && (await isFolder(file))) links.push(path);
      else if (kind !== "special" && PICTURE_ENDINGS.has(files.extname(name).toLowerCase())) items.push({ file, path });
    }
  };
  await visit("");
  for (const link of links) await visit(link);
  return items;
}

export const isFolder = async (path: string) => (await files.stat(path).catch(() => undefined))?.kind === "folder";

async function entriesOf(folder: string) {
  return files.entries(folder).catch((cause) => {
    throw new SightlineError("file-not-found", `cannot read the folder ${folder} (${(cause as FileError).code})`, {
      received: folder,
      next: "make it readable, or name the folders to audit",
      cause,
    });
  });
}

async function holdsAudit(folder: string): Promise<boolean> {
  try {
    return JSON.parse(await files.readText(files.join(folder, "audit.json"))).format === "sightline-audit";
  } catch {
    return false;
  }
}
