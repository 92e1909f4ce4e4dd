import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { cacheFolder, sha256Of } from "./cache.js";
import type { Control } from "./types.js";

/** Told what is being done, and how far it is (0…1) where that is known. */
export type LoadProgress = (step: string, fraction?: number) => void;

/** How a file is fetched and checked. */
export interface DownloadOptions extends Control {
  /** Of the whole file, hex. */
  sha256: string;
  /** Lets http: through to this machine, for tests. */
  allowLoopback?: boolean;
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
  const sha256 = options.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new SightlineError("bad-config", `'${options.sha256}' is no sha256`, { expected: "64 hexadecimal digits" });
  }
  if (url.protocol !== "https:" && !(allowLoopback && url.protocol === "http:" && LOOPBACK.has(url.hostname))) {
    throw failure(url, "only https: URLs are fetched");
  }
  const path = join(cacheFolder(), "downloads", sha256);
  const known = await readFile(path).catch(() => undefined);
  if (known && sha256Of(known) === sha256) return known;

  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    const next = "check the rights, or name another folder with SIGHTLINE_CACHE";
    throw new SightlineError("write-failed", `the cache '${dirname(path)}' cannot be made`, { next, cause });
  });
  const alone = await lock(`${path}.lock`);
  const part = alone ? `${path}.part` : `${path}.${randomUUID()}.part`;
  try {
    await fetchWhole(url, part, sha256, options);
    await rename(part, path);
  } finally {
    await rm(alone ? `${path}.lock` : part, { force: true });
  }
  return readFile(path);
}

/** Leaves a complete file with the right hash. What a download that broke off has left may be the beginning of it. */
async function fetchWhole(url: URL, part: string, sha256: string, options: DownloadOptions): Promise<void> {
  const resumed = await append(url, part, options);
  if ((await hashOf(part)) === sha256) return;
  await rm(part, { force: true });
  if (resumed) return fetchWhole(url, part, sha256, options);
  throw new SightlineError("checksum-mismatch", `${url.href} is not the file that was expected`, {
    expected: `sha256 ${sha256}`,
    next: "check the URL and the hash; nothing was kept",
  });
}

/** Whether this process now is the one that writes; a lock of a process that is gone does not count. */
async function lock(path: string): Promise<boolean> {
  const take = () =>
    writeFile(path, String(process.pid), { flag: "wx" }).then(
      () => true,
      () => false,
    );
  if (await take()) return true;
  const owner = Number(await readFile(path, "utf8").catch(() => "0"));
  if (owner === process.pid || isRunning(owner)) return false;
  await rm(path, { force: true });
  return take();
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Fetches what is missing of a file. Returns whether there was a beginning of it already. */
async function append(url: URL, part: string, { signal, onProgress }: DownloadOptions): Promise<boolean> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  try {
    const response = await fetch(url, { signal, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
    if (response.status === 416) return true;
    if (!response.ok || !response.body)
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    const goesOn =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true;
    const length = Number(response.headers.get("content-length"));
    let done = goesOn ? have : 0;
    const total = length > 0 ? done + length : undefined;
    const file = await open(part, goesOn ? "a" : "w");
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        await file.writeFile(chunk);
        done += chunk.length;
        onProgress?.(`downloading ${url.href}`, total && done / total);
      }
    } finally {
      await file.close();
    }
    return goesOn;
  } catch (cause) {
    throwIfAborted(signal);
    throw failure(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function failure(url: URL, why: string, cause?: unknown): SightlineError {
  return new SightlineError("download-failed", `${url.href} could not be fetched: ${why}`, {
    received: url.href,
    next: "try again: what has arrived is kept and taken up where it broke off",
    cause,
  });
}
