import { files } from "#platform/files";
import { digest } from "#platform/hash";
import { SightlineError } from "../core/errors.js";
import { GREAT_LIMIT } from "../platform/files.js";

/**
 * Writes a file of the cache as a whole or not at all.
 * @throws SightlineError `write-failed`
 */
export async function writeToCache(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await files.makeFolder(files.dirname(path));
    await files.writeFileAtomic(path, bytes);
  } catch (cause) {
    throw cacheFailure(`'${path}' could not be written`, cause);
  }
}

/**
 * Makes room in a folder of the cache for one more file, of some bytes: those that were written first go, drafts that were
 * left behind among them.
 */
export async function makeRoom(
  folder: string,
  most: { readonly files: number; readonly bytes?: number },
  size = 0,
): Promise<void> {
  if (!files.existsSync(folder)) return;
  const kept = await Promise.all(
    (await files.list(folder)).map(async (name) => {
      const path = files.join(folder, name);
      const facts = await files.stat(path);
      return { path, size: facts?.size ?? 0, written: facts?.modified ?? 0 };
    }),
  );
  kept.sort((a, b) => a.written - b.written);
  let total = kept.reduce((sum, file) => sum + file.size, size);
  for (const [i, file] of kept.entries()) {
    if (total <= (most.bytes ?? Number.POSITIVE_INFINITY) && kept.length - i < most.files) return;
    await files.remove(file.path);
    total -= file.size;
  }
}

export function cacheFailure(what: string, cause: unknown): SightlineError {
  return new SightlineError("write-failed", what, {
    next: "check the space and the rights, or name another folder with SIGHTLINE_CACHE",
    cause,
  });
}

/** Whether a file still has the hash that stands beside it. */
export async function isIntact(path: string): Promise<boolean> {
  return (await readIntact(path)) !== undefined;
}

/** A file's contents, and the SHA-256 of them. */
interface Hashed {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

async function readIntact(path: string): Promise<Hashed | undefined> {
  try {
    const [bytes, hash] = await Promise.all([
      files.readShared(path, { atMost: GREAT_LIMIT }),
      files.readText(`${path}.sha256`),
    ]);
    const sha256 = await digest(bytes);
    return sha256 === hash.trim() ? { bytes, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

export interface Cached extends Hashed {
  /** Why it could not be kept. */
  readonly failure?: SightlineError;
}

/**
 * What was made once and kept, or made now: the file's hash stands beside it, and a file that no longer has it is made
 * again. Where the cache cannot be written the bytes are returned all the same, with the failure.
 */
export async function cached(path: string, make: () => Promise<Uint8Array>): Promise<Cached> {
  const intact = await readIntact(path);
  if (intact) return intact;
  const bytes = await make();
  const sha256 = await digest(bytes);
  try {
    await writeToCache(path, bytes);
    await writeToCache(`${path}.sha256`, sha256);
    return { bytes, sha256 };
  } catch (error) {
    return { bytes, sha256, failure: error as SightlineError };
  }
}
