/** What lessons use of `node:fs/promises`, on the files of the page: in memory, gone with the kernel. */
import { files } from "#platform/files";
import { uuid } from "../core/uuid.js";

const pathOf = (path: string | URL) => (path instanceof URL ? files.fromUrl(path) : path);

export async function readFile(path: string | URL, encoding?: string | { encoding?: string }): Promise<unknown> {
  const wanted = typeof encoding === "string" ? encoding : encoding?.encoding;
  return wanted ? files.readText(pathOf(path)) : files.read(pathOf(path));
}

export const writeFile = (path: string | URL, data: Uint8Array | string): Promise<void> =>
  files.writeFileAtomic(pathOf(path), data);

export const readdir = (path: string | URL): Promise<string[]> => files.list(pathOf(path));

export const mkdir = (path: string | URL): Promise<void> => files.makeFolder(pathOf(path));

export const rm = (path: string | URL): Promise<void> => files.remove(pathOf(path));

export async function mkdtemp(prefix: string): Promise<string> {
  const folder = prefix + uuid().slice(0, 6);
  await files.makeFolder(folder);
  return folder;
}
