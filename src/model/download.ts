import { files } from "#platform/files";
import { createSha256, digest } from "#platform/hash";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { uuid } from "../core/uuid.js";
import { GREAT_LIMIT } from "../platform/files.js";
import { cacheFailure } from "./cache.js";
import type { Control } from "./types.js";

/** Told what is being done, and how far it is (0…1) where that is known. */
export type LoadProgress = (step: string, fraction?: number) => void;

/** How a file is fetched and checked. */
export interface DownloadOptions extends Control {
  /** Of the whole file, hex. */
  sha256: string;
  /** Lets http: through to this machine, for tests. */
  allowLoopback?: boolean;
  /** Called as bytes arrive. */
  onProgress?: LoadProgress;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * A file of the web, from the cache if it is there undamaged. An interrupted download is taken up again where it broke
 * off; the file appears in the cache only when it is complete and has the right hash.
 * @throws SightlineError `download-failed`, `checksum-mismatch`, `write-failed`, `aborted`
 */
export async function download(url: URL, options: DownloadOptions): Promise<Uint8Array> {
  const { allowLoopback = false } = options;
  const hash = options.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new SightlineError("bad-config", `'${options.sha256}' is not a sha256`, {
      expected: "64 hexadecimal digits",
    });
  }
  if (url.protocol !== "https:" && !(allowLoopback && url.protocol === "http:" && LOOPBACK.has(url.hostname))) {
    throw new SightlineError("download-failed", `${url.href} could not be fetched: only https: URLs are fetched`, {
      received: url.href,
      next: "download it first, or use its https: address",
    });
  }
  const folder = files.join(files.cacheFolder(), "downloads");
  const path = files.join(folder, hash);
  const kept = await files.read(path, { atMost: GREAT_LIMIT }).catch(() => undefined);
  if (kept && (await digest(kept)) === hash) return kept;

  await files.makeFolder(folder).catch((cause) => {
    throw cacheFailure(`the cache '${folder}' cannot be made`, cause);
  });
  const unlock = await files.lock(`${path}.lock`);
  const part = unlock ? `${path}.part` : `${path}.${uuid()}.part`;
  try {
    await fetchWhole(url, part, hash, options);
    await files.move(part, path);
  } finally {
    if (unlock) await unlock();
    else await files.remove(part);
  }
  return files.read(path, { atMost: GREAT_LIMIT });
}

/** Leaves a complete file with the right hash. What a download that broke off has left may be the beginning of it. */
async function fetchWhole(url: URL, part: string, hash: string, options: DownloadOptions): Promise<void> {
  const resumed = await append(url, part, options);
  if ((await hashOf(part)) === hash) return;
  await files.remove(part);
  if (resumed) return fetchWhole(url, part, hash, options);
  throw new SightlineError("checksum-mismatch", `${url.href} is not the file that was expected`, {
    expected: `sha256 ${hash}`,
    next: "check the URL and the hash; nothing was kept",
  });
}

/** Fetches what is missing of a file. Returns whether there was a beginning of it already. */
async function append(url: URL, part: string, { signal, onProgress }: DownloadOptions): Promise<boolean> {
  try {
    const size = (await files.stat(part))?.size ?? 0;
    const response = await fetch(url, { signal, headers: size > 0 ? { range: `bytes=${size}-` } : {} });
    if (response.status === 416) return true;
    if (!response.ok || !response.body)
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    const resumes =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${size}-`) === true;
    const length = Number(response.headers.get("content-length"));
    let done = resumes ? size : 0;
    const total = length > 0 ? done + length : undefined;
    const file = await files.writer(part, { append: resumes });
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        await file.write(chunk);
        done += chunk.length;
        onProgress?.(`downloading ${url.href}`, total && done / total);
      }
    } finally {
      await file.close();
    }
    return resumes;
  } catch (cause) {
    throwIfAborted(signal);
    throw failure(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createSha256();
  for await (const piece of files.pieces(path)) hash.update(piece);
  return hash.hex();
}

function failure(url: URL, why: string, cause?: unknown): SightlineError {
  return new SightlineError("download-failed", `${url.href} could not be fetched: ${why}`, {
    received: url.href,
    next: "try again: the download resumes where it stopped",
    cause,
  });
}
