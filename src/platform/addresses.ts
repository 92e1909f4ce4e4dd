import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";

/** Where something lies: a path, or a URL that is no `file:` one. */
export type Address =
  | { readonly path: string; readonly url?: undefined }
  | { readonly url: URL; readonly path?: undefined };

/**
 * What a text or URL names. `C:\cat.png` and `a:b.png` are paths; `s3://bucket/cat.png` is none.
 * @param what "the picture"
 * @param protocols what the caller can fetch
 * @throws SightlineError `download-failed` for addresses that nothing here reads, `file-not-found` for malformed ones
 */
export function addressOf(source: string | URL, what: string, protocols: readonly string[] = ["https:"]): Address {
  const text = String(source);
  if (!(source instanceof URL) && !/^([a-z][a-z\d+.-]+:\/\/|(file|https?|data|blob|s3|gs):)/i.test(text)) {
    return { path: text };
  }
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  const malformed = (cause: unknown) =>
    new SightlineError("file-not-found", `${what} '${shown}' has no valid address`, {
      received: shown,
      expected: "a path, or a URL such as file:///folder/name or https://host/name",
      cause,
    });
  let url: URL;
  try {
    url = new URL(text);
    if (url.protocol === "file:") return { path: files.fromUrl(url) };
  } catch (cause) {
    throw malformed(cause);
  }
  if (protocols.includes(url.protocol)) return { url };
  throw new SightlineError("download-failed", `${what} ${shown} could not be fetched`, {
    received: shown,
    expected: protocols.length > 0 ? "a path, or a file: or https: URL" : "a path, or a file: URL",
    next: `download it first: ${url.protocol} addresses are not read`,
  });
}

/** What to do about a path where nothing is. */
export function adviceOnPath(path: string): string {
  if (/^~([/\\]|$)/.test(path)) return "write out your home folder: only a shell replaces ~";
  return "check the path; it is relative to the current folder";
}
