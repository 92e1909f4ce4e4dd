import { files } from "#platform/files";
import { sha256 } from "#platform/hash";
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

async function readIntact(path: string): Promise<Uint8Array | undefined> {
  try {
    const [bytes, hash] = await Promise.all([
      files.read(path, { atMost: GREAT_LIMIT }),
      files.readText(`${path}.sha256`),
    ]);
    return sha256(bytes) === hash.trim() ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What was made once and kept, or made now: the file's hash stands beside it, and a file that no longer has it is made
 * again. Where the cache cannot be written the bytes are returned all the same, with the failure.
 */
export async function cached(
  path: string,
  make: () => Promise<Uint8Array>,
): Promise<{ bytes: Uint8Array; failure?: SightlineError }> {
  const intact = await readIntact(path);
  if (intact) return { bytes: intact };
  const bytes = await make();
  try {
    await writeToCache(path, bytes);
    await writeToCache(`${path}.sha256`, sha256(bytes));
    return { bytes };
  } catch (error) {
    return { bytes, failure: error as SightlineError };
  }
}
