import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { SightlineError } from "../core/errors.js";

/** Where models are kept: `SIGHTLINE_CACHE`, or the system's folder for such things. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (env.SIGHTLINE_CACHE) return env.SIGHTLINE_CACHE;
  const home = env.HOME ?? env.USERPROFILE ?? homedir();
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "sightline", "cache");
  if (platform === "darwin") return join(home, "Library", "Caches", "sightline");
  return join(env.XDG_CACHE_HOME || join(home, ".cache"), "sightline");
}

export function sha256Of(...pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/**
 * Writes a file as a whole or not at all.
 * @throws SightlineError `write-failed`
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw new SightlineError("write-failed", `'${path}' could not be written`, {
      next: "check the space and the rights, or name another folder with SIGHTLINE_CACHE",
      cause,
    });
  }
}

/** Whether a file still has the hash that stands beside it. */
export async function isIntact(path: string): Promise<boolean> {
  return (await readIntact(path)) !== undefined;
}

async function readIntact(path: string): Promise<Uint8Array | undefined> {
  try {
    const [bytes, hash] = await Promise.all([readFile(path), readFile(`${path}.sha256`, "utf8")]);
    return sha256Of(bytes) === hash.trim() ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What was made once and kept, or made now: the file's hash stands beside it, and a file that no longer has it is made
 * again. Where the cache cannot be written the bytes are returned all the same, with the failure.
 */
export async function kept(
  path: string,
  make: () => Promise<Uint8Array>,
): Promise<{ bytes: Uint8Array; failure?: SightlineError }> {
  const known = await readIntact(path);
  if (known) return { bytes: known };
  const bytes = await make();
  try {
    await writeWhole(path, bytes);
    await writeWhole(`${path}.sha256`, sha256Of(bytes));
    return { bytes };
  } catch (error) {
    return { bytes, failure: error as SightlineError };
  }
}
