import { files } from "#platform/files";
import { concatenate } from "../core/bytes.js";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { FileError } from "../platform/files.js";
import { badImage, tooLarge } from "./image-errors.js";

const MAX_BYTES = 512 * 2 ** 20;

/** An encoded picture and the name to show. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * Reads a path, a file: or an https: URL.
 * @throws SightlineError `file-not-found`, `bad-image`, `image-too-large`, `download-failed`, `aborted`
 */
export async function readEncoded(source: string | URL, signal?: AbortSignal): Promise<EncodedImage> {
  const url = asUrl(source);
  if (url && url.protocol !== "file:") {
    return { bytes: await fetchImage(url, signal), name: files.basename(url.pathname) };
  }
  const path = url ? files.fromUrl(url) : String(source);
  return { bytes: await readImage(path), name: files.basename(path) };
}

function asUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  return /^(file|https?):/i.test(source) ? new URL(source) : undefined;
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await files.read(path, { atMost: MAX_BYTES });
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    if (cause.problem === "not-a-file") throw badImage(cause.message, path);
    if (cause.problem === "too-large") {
      throw tooLarge(cause.message, `at most ${MAX_BYTES} bytes`);
    }
    throw new SightlineError("file-not-found", `there is no picture '${path}'`, {
      received: path,
      next: "check the path; it is relative to the current folder",
      cause,
    });
  }
}

async function fetchImage(url: URL, signal?: AbortSignal): Promise<Uint8Array> {
  const fail = (why: string, cause?: unknown) =>
    new SightlineError("download-failed", `the picture ${url.href} could not be fetched: ${why}`, {
      received: url.href,
      cause,
    });
  if (url.protocol !== "https:") throw fail("only https: and file: URLs are read");
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) throw fail(`the server answered ${response.status} ${response.statusText}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > MAX_BYTES)
        throw tooLarge(`${url.href} has more than ${MAX_BYTES} bytes`, `at most ${MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    return concatenate(chunks);
  } catch (cause) {
    throwIfAborted(signal);
    throw cause instanceof SightlineError ? cause : fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
