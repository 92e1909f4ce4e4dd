import { files } from "#platform/files";
import { sha256 } from "#platform/hash";

/** Hexadecimal digits of a file's SHA-256 that the service worker checks it by. */
const DIGEST_DIGITS = 32;

/** The folder of a site while it is written. */
export class SiteFolder {
  readonly #path: string;
  readonly #digests = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes a file. @param name its path below the site */
  async write(name: string, contents: Uint8Array | string): Promise<void> {
    const place = files.join(this.#path, name);
    await files.makeFolder(files.dirname(place));
    await files.writeFileAtomic(place, contents);
    this.#digests.set(name, sha256(contents).slice(0, DIGEST_DIGITS));
  }

  /** Writes the service worker, last of all: it is told of every other file. */
  async writeServiceWorker(code: Uint8Array): Promise<void> {
    const digests = Object.fromEntries([...this.#digests].sort(([a], [b]) => (a < b ? -1 : 1)));
    const version = sha256(JSON.stringify(digests), code).slice(0, DIGEST_DIGITS);
    const list = `self.SITE=${JSON.stringify({ version, digests })};\n`;
    await files.writeFileAtomic(files.join(this.#path, "service-worker.js"), list + new TextDecoder().decode(code));
  }
}
