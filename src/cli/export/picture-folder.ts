import { copyFile, mkdir, readdir, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import type { ExportTable } from "../../explorer/export/table.js";
import type { ExportOutcome } from "./outcome.js";

/** The longest name of a file or folder, in UTF-16 units: no system takes more than 255 bytes. */
const LONGEST = 80;
/** What some system has no place for in a name, and what would hide a file. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}"*/:<>?\\|%]|^\.+|[. ]+$/gu;
/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Puts the pictures into a folder, below folders as their paths have them; whatever a name holds, it stays inside.
 * @throws SightlineError `bad-config` for a folder that is not empty, `write-failed`
 */
export async function pictureFolder(
  { rows }: ExportTable,
  to: string,
  how: "links" | "copies",
): Promise<ExportOutcome> {
  const folder = resolve(to);
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [] : [""]));
  if (there.length > 0) {
    throw new SightlineError("bad-config", `'${to}' is no empty folder`, {
      received: to,
      expected: "a folder that is not there yet, or is empty",
    });
  }
  const paths = rows.map(({ path }) => safePath(String(path)));
  // no picture takes the name of a folder
  const taken = new Set(paths.flatMap((path) => foldersOf(path.toLowerCase())));
  const missing: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [i, row] of rows.entries()) {
      const file = resolve(String(row.file));
      if (!(await isFile(file))) {
        missing.push(file);
        continue;
      }
      const place = join(folder, freeName(paths[i], taken));
      await mkdir(dirname(place), { recursive: true });
      if (how === "links") await symlink(file, place);
      else await copyFile(file, place);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SightlineError("write-failed", `'${to}' could not be filled (${code ?? String(cause)})`, {
      received: code,
      next:
        how === "links" ? "where links are not allowed, take --format copies" : "free space, or take another folder",
      cause,
    });
  }
  return { to, pictures: rows.length - missing.length, missing, notes: [] };
}

const isFile = async (path: string) => (await files.stat(path).catch(() => undefined))?.kind === "file";

/** A picture's path as names that every system takes and that lead nowhere else. */
export function safePath(path: string): string {
  const names = path.split(/[/\\]/).filter((name) => name !== "");
  return names.map(safeName).join("/") || "_";
}

function safeName(name: string): string {
  const escaped = name.replace(UNSAFE, percentEncoded);
  const plain = DEVICE.test(escaped) ? `_${escaped}` : escaped;
  if (plain.length <= LONGEST) return plain;
  const ending = /\.[^.]{1,8}$/.exec(plain)?.[0] ?? "";
  return `${plain.slice(0, LONGEST - ending.length)}${ending}`;
}

const percentEncoded = (text: string) =>
  Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");

/** "a/b/c.png" lies in a and a/b. */
const foldersOf = (path: string) =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, i, names) => names.slice(0, i + 1).join("/"));

/** A name that nothing has yet, whatever its case. */
function freeName(path: string, taken: Set<string>): string {
  const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path) as RegExpExecArray;
  let name = path;
  for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem} (${i})${ending ?? ""}`;
  taken.add(name.toLowerCase());
  return name;
}
