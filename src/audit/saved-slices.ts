import { files } from "#platform/files";
import { LOG } from "./annotations/log.js";
import { keptSlices } from "./annotations/stored-annotations.js";
import { readManifest } from "./manifest.js";
import { folderStorage } from "./shards/folder-storage.js";
import { readSlices, type Slice } from "./slices.js";

/**
 * All slices of an audit: those with conditions and tests, and those that were kept in the explorer.
 * Of two with one name, that of `slices.json` counts.
 * @throws SightlineError `bad-data`
 */
export async function savedSlices(folder: string): Promise<Slice[]> {
  const storage = folderStorage(folder);
  const saved = await readSlices(storage);
  if (!(await files.stat(files.join(folder, LOG)))) return saved;
  const manifest = readManifest((await storage.read("audit.json")) ?? new Uint8Array());
  const names = new Set(saved.map(({ name }) => name));
  return [...saved, ...(await keptSlices({ folder, manifest })).filter(({ name }) => !names.has(name))];
}
