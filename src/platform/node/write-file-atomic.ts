import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SightlineError } from "../../core/errors.js";

/**
 * Writes a file as a whole or not at all: a draft beside it is renamed when it is safely on the disk. Whatever fails,
 * the old file stays as it was and no draft is left.
 * @throws SightlineError `write-failed`
 */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path).slice(0, 40)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    const { code } = cause as NodeJS.ErrnoException;
    throw new SightlineError("write-failed", `'${path}' could not be written (${code ?? String(cause)})`, {
      received: code,
      expected: "a folder that exists, may be written to and has room",
      next: "whatever was there before is untouched",
      cause,
    });
  }
}
