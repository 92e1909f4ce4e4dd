import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { FileError, GREAT_LIMIT, USUAL_LIMIT } from "../../platform/files.js";
import type { Storage } from "./storage.js";

/** Files in a folder; several processes may share it. */
export function folderStorage(root: string): Storage {
  return {
    async read(name) {
      try {
        return await files.read(files.join(root, name), {
          atMost: files.extname(name) === ".npy" ? GREAT_LIMIT : USUAL_LIMIT,
        });
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (error.problem === "missing") return undefined;
        throw new SightlineError("bad-data", `the audit's ${name} cannot be read: ${error.message}`, {
          expected: "a regular file that may be read, as the audit wrote it",
          cause: error,
        });
      }
    },
    async write(name, data) {
      const path = files.join(root, name);
      await writing(path, async () => {
        await files.makeFolder(files.dirname(path));
        await files.writeFileAtomic(path, data);
      });
    },
    async list(folder) {
      const names = await files.list(files.join(root, folder)).catch(() => [] as string[]);
      return names.filter((name) => !name.startsWith("."));
    },
    remove: (name) => files.remove(files.join(root, name)),
  };
}

/**
 * Whatever keeps a file of an audit from being written is `write-failed`, which says how to resume.
 * @throws SightlineError `write-failed`
 */
export async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof SightlineError && cause.code === "audit-failed") throw cause;
    const reason = reasonOf(cause);
    throw new SightlineError("write-failed", `${path} could not be written (${reason})`, {
      received: reason,
      next: "free space or choose another folder, then rerun to resume",
      cause,
    });
  }
}

/** The system's code where there is one: "ENOSPC". */
function reasonOf(error: unknown): string {
  if (error instanceof SightlineError && typeof error.received === "string") return error.received;
  if (error instanceof FileError && error.code) return error.code;
  if (error instanceof SightlineError && error.cause instanceof Error) return reasonOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
