import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

/** Of glibc and musl alike: the library stays when the handle on it is closed. */
const RTLD_NODELETE = 0x1000;
/** What Node says of a library that it has loaded, and that is no addon. */
const LOADED = /did not self-register/;

const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

/** Folders in which the loader of Linux usually looks. */
export function libraryFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const named = (env.LD_LIBRARY_PATH ?? "").split(delimiter).filter(Boolean);
  return [
    ...named,
    "/usr/local/lib",
    `/usr/lib/${triplet}`,
    `/lib/${triplet}`,
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/lib",
  ];
}

/** The first folder that has a library. */
export function findLibrary(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The folders of a folder; none where it cannot be read. */
export function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((each) => each.isDirectory() || each.isSymbolicLink()).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

/**
 * Loads a library into this process for good, so that whatever asks for it by its name afterwards finds it: the loader
 * reads LD_LIBRARY_PATH once, when a process starts.
 * @returns what the loader says where it refuses
 */
export function preload(path: string): string | undefined {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return LOADED.test(words) ? undefined : words;
  }
}
