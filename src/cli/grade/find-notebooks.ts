import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { SightlineError } from "../../core/errors.js";

/**
 * The notebooks below a folder by the pupil's name: their path without its ending. Copies that Jupyter keeps are left out, and
 * so is what links to other folders lead to. A folder that cannot be read stands for what may be in it.
 * @throws SightlineError `file-not-found`
 */
export async function findNotebooks(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const look = async (names: readonly string[]): Promise<void> => {
    const entries = await readdir(join(folder, ...names), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = [...names, entry.name];
      if (entry.isDirectory()) await look(path).catch(() => found.set(path.join("/"), path.join(sep)));
      else if (ENDING.test(entry.name) && (await isFile(join(folder, ...path), entry)))
        found.set(nameOf(path.join("/"), found), path.join(sep));
    }
  };
  try {
    await look([]);
  } catch (cause) {
    throw new SightlineError("file-not-found", `the folder '${folder}' cannot be read`, { received: folder, cause });
  }
  if (found.size === 0) {
    throw new SightlineError("file-not-found", `there is no notebook in '${folder}'`, {
      received: folder,
      expected: "notebooks (.ipynb), in the folder itself or in one folder for each pupil",
    });
  }
  return found;
}

const ENDING = /\.ipynb$/i;

/** A path without its ending, unless another notebook has that name already: a.ipynb beside a.IPYNB. */
function nameOf(path: string, others: ReadonlyMap<string, string>): string {
  const short = path.replace(ENDING, "");
  return others.has(short) ? path : short;
}

/** Whether it is a file, or a link to one; a link that leads nowhere is one that cannot be read. */
async function isFile(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return stat(path).then(
    (target) => target.isFile(),
    () => true,
  );
}
