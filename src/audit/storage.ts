import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SightlineError } from "../errors.js";

/** Where an audit keeps its files. Names are relative, with `/`. */
export interface Storage {
  /** Undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** All or nothing, and durable when it returns: a reader sees the old file or the new one. */
  write(name: string, data: Uint8Array | string): Promise<void>;
  /** Names of the files in a folder, sorted. */
  list(folder: string): Promise<string[]>;
}

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
    write: (name, data) => writeDurably(join(root, name), data),
    async list(folder) {
      const names = await readdir(join(root, folder)).catch(() => [] as string[]);
      return names.filter((name) => !name.startsWith(".")).sort();
    },
  };
}

async function writeDurably(file: string, data: Uint8Array | string): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new SightlineError("write-failed", `${file} could not be written`, {
      received: (cause as NodeJS.ErrnoException).code,
      next: "make room or choose another folder, and run the audit again: it goes on where it was",
      cause,
    });
  }
}

/** A rename is durable when its folder is; not every system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
