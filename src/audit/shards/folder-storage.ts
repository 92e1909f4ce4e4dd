import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SightlineError } from "../../core/errors.js";
import type { Storage } from "./storage.js";

/** Files in a folder; several processes may share it. */
export function folderStorage(root: string): Storage {
  return {
    async read(name) {
      try {
        return new Uint8Array(await readFile(join(root, name)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    write: (name, data) => writeDurably(join(root, name), (draft) => writeFile(draft, data, { flag: "wx" })),
    async list(folder) {
      const names = await readdir(join(root, folder)).catch(() => [] as string[]);
      return names.filter((name) => !name.startsWith(".")).sort();
    },
    remove: (name) => rm(join(root, name), { force: true }),
  };
}

/** Names of files that are being written, or were when their writer died. */
export const isDraft = (name: string) => /^\.[0-9a-f-]{36}\.part$/.test(name);

/**
 * Makes a file as a whole or not at all.
 * @param make writes the file under the name that it is given
 * @throws SightlineError `write-failed`
 */
export async function writeDurably(file: string, make: (draft: string) => Promise<void>): Promise<void> {
  const folder = dirname(file);
  const draft = join(folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await make(draft);
    await syncFile(draft);
    await rename(draft, file);
    await syncFolder(folder);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    if (cause instanceof SightlineError && cause.code === "audit-failed") throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new SightlineError("write-failed", `${file} could not be written (${code ?? message})`, {
      received: code ?? message,
      next: "free space or choose another folder, then rerun to resume",
      cause,
    });
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename is durable when its folder is; not every system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
