import { files } from "#platform/files";
import { concatenate } from "../core/bytes.js";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { addressOf, adviceOnPath } from "../platform/addresses.js";
import { FileError } from "../platform/files.js";
import { bytesOfDataUrl } from "./data-url.js";
import { badImage, tooLarge } from "./image-errors.js";

const MAX_BYTES = 512 * 2 ** 20;

/** Name of a picture that has none. */
export const NAMELESS = "picture";

/** An encoded picture and the name to show. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * Reads a path, or a file:, https: or data: URL.
 * @throws SightlineError `file-not-found`, `bad-image`, `image-too-large`, `download-failed`, `aborted`
 */
export async function readEncoded(source: string | URL, signal?: AbortSignal): Promise<EncodedImage> {
  if (/^data:/i.test(String(source).slice(0, 5))) return { bytes: bytesOfDataUrl(String(source)), name: NAMELESS };
  const address = addressOf(source, "the picture");
  if (address.url) return { bytes: await fetchImage(address.url, signal), name: files.basename(address.url.pathname) };
  return { bytes: await readImage(address.path), name: files.basename(address.path) };
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
      next: adviceOnPath(path),
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
