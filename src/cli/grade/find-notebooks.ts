import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { SightlineError } from "../../core/errors.js";

/** Folders above a notebook that may lie in the given one: platforms for teaching make one for every pupil. */
const DEEPEST = 3;

/**
 * The notebooks below a folder by the pupil's name: their path without its ending. Copies that Jupyter keeps are left out.
 * @throws SightlineError `file-not-found`
 */
export async function findNotebooks(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const look = async (names: readonly string[]): Promise<void> => {
    const entries = await readdir(join(folder, ...names), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".")) continue;
      const path = [...names, entry.name];
      if (entry.isDirectory() && path.length < DEEPEST) await look(path);
      else if (entry.isFile() && entry.name.endsWith(".ipynb")) {
        found.set(path.join("/").slice(0, -".ipynb".length), path.join(sep));
      }
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
