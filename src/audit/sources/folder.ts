import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import type { FileError, FolderEntry } from "../../platform/files.js";
import type { AuditItem } from "./item.js";

/** Endings of picture files. */
export const PICTURE_ENDINGS: ReadonlySet<string> = new Set([
  ".jpg",
  ".jpeg",
  ".jpe",
  ".jfif",
  ".png",
  ".apng",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
]);

export interface FolderContents {
  readonly items: readonly AuditItem[];
  /** Endings of the files that are not pictures, and how many there are of each. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** What systems and tools leave beside pictures; nobody means it. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set(["__MACOSX", "@eaDir", "$RECYCLE.BIN", "Thumbs.db", "desktop.ini"]);
/** What an audit writes beside or among the pictures. */
const AUDIT_NAMES: ReadonlySet<string> = new Set([
  "audit.json",
  "clusters.parquet",
  "features",
  "findings.json",
  "further.parquet",
  "hygiene.parquet",
  "maps",
  "pictures.json",
  "report.html",
  "results.parquet",
  "rows",
  "scores",
  "slices.json",
  "thumbnails",
]);

/**
 * The pictures of a folder tree. Links to folders are followed after everything else, and each folder is read once;
 * hidden files, those of the system and those of an audit are left out.
 * @throws SightlineError `file-not-found`
 */
export async function picturesIn(folder: string): Promise<FolderContents> {
  const root = files.resolve(folder);
  const items: AuditItem[] = [];
  const leftOut = new Map<string, number>();
  const links: string[] = [];
  const visited = new Set<string>();
  const visit = async (below: string) => {
    const here = files.join(root, below);
    const real = await files.realPath(here);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = await entriesOf(here);
    const isAudit = entries.some(({ name }) => name === "audit.json") && (await holdsAudit(here));
    for (const { name, kind, garbled } of entries) {
      if (name.startsWith(".") || SYSTEM_NAMES.has(name) || (isAudit && AUDIT_NAMES.has(name))) continue;
      const path = below === "" ? name : `${below}/${name}`;
      const file = files.join(root, path);
      const ending = files.extname(name).toLowerCase();
      if (garbled && kind === "folder") items.push({ file, path });
      else if (kind === "folder") await visit(path);
      else if (kind === "link" && (await isFolder(file))) links.push(path);
      else if (PICTURE_ENDINGS.has(ending)) items.push({ file, path });
      else leftOut.set(ending, (leftOut.get(ending) ?? 0) + 1);
    }
  };
  await visit("");
  for (const link of links) await visit(link);
  return { items, leftOut };
}

/** "12 .heic, 3 .bmp, 1 without ending", the most frequent first. */
export function describeLeftOut(leftOut: ReadonlyMap<string, number>): string {
  const sorted = [...leftOut].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = sorted.slice(0, MOST_ENDINGS).map(([ending, count]) => `${count} ${ending || "without ending"}`);
  const rest = sorted.slice(MOST_ENDINGS).reduce((sum, [, count]) => sum + count, 0);
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(", ");
}

const MOST_ENDINGS = 6;

export const isFolder = async (path: string) => (await files.stat(path).catch(() => undefined))?.kind === "folder";

async function entriesOf(folder: string): Promise<FolderEntry[]> {
  return files.entries(folder).catch((cause) => {
    throw new SightlineError("file-not-found", `cannot read the folder ${folder} (${(cause as FileError).code})`, {
      received: folder,
      next: "make it readable, or name the folders to audit",
      cause,
    });
  });
}

/** Largest `audit.json` that is looked into. */
const MOST_BYTES = 2 ** 20;

async function holdsAudit(folder: string): Promise<boolean> {
  try {
    const manifest = await files.readText(files.join(folder, "audit.json"), { atMost: MOST_BYTES });
    return JSON.parse(manifest).format === "sightline-audit";
  } catch {
    return false;
  }
}
