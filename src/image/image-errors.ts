import { SightlineError } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";
import { pictureType } from "../platform/picture-head.js";
import { foreignFormat } from "./foreign-formats.js";
import { obstacleInTiff } from "./tiff-traits.js";

const EXPECTED = "a complete JPEG, PNG, WebP, GIF, TIFF or AVIF file";

export function badImage(what: string, received: string, cause?: unknown): SightlineError {
  return new SightlineError("bad-image", what, { received, expected: EXPECTED, cause });
}

/** The error of bytes that no decoder takes: of another format, or of one whose kind is not read. */
export function undecodable(bytes: Uint8Array, received: string, subject: string, cause: unknown): SightlineError {
  const type = pictureType(bytes);
  if (type === undefined) {
    const format = foreignFormat(bytes);
    if (!format) return badImage(`${subject} not a picture that can be decoded`, received, cause);
    const next = "convert it to one of these";
    return new SightlineError("bad-image", `${subject} ${format}`, { received, expected: EXPECTED, next, cause });
  }
  const name = type === "image/webp" ? "WebP" : type.slice("image/".length).toUpperCase();
  const obstacle = type === "image/tiff" ? obstacleInTiff(bytes) : undefined;
  if (obstacle) return unreadTiff(subject, received, obstacle, cause);
  const file = `${name === "AVIF" ? "an" : "a"} ${name} file`;
  return badImage(`${subject} ${file} that cannot be decoded (${reasonOf(cause)})`, received, cause);
}

/** @param obstacle "its samples have 64 bits" */
export function unreadTiff(subject: string, received: string, obstacle: string, cause?: unknown): SightlineError {
  return new SightlineError("bad-image", `${subject} a TIFF file that cannot be decoded: ${obstacle}`, {
    received,
    expected: "RGB or grey of 1 to 16 bits, or floats or whole numbers of 32 bits",
    next: "save it as one of these, or as PNG",
    cause,
  });
}

/** What a decoder complained of, in its own words. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .replace(/^Input buffer (has corrupt header: |contains )/, "")
    .split("\n", 1)[0]
    .replace(/^[\w]+: /, "");
}

export function tooLarge(what: string, expected: string): SightlineError {
  return new SightlineError("image-too-large", what, { expected, next: "make it smaller first" });
}

/** The error of a value that no picture can be made of, with what to do about it where that can be guessed. */
export function notAPicture(value: unknown): SightlineError {
  return new SightlineError("bad-image", `not a picture: ${kindOf(value)}`, {
    received: value,
    expected: "a path, a file:, https: or data: URL, encoded bytes, { data, width, height } of RGB bytes, or a tensor",
    next: adviceOn(value),
  });
}

function adviceOn(value: unknown): string | undefined {
  if (Array.isArray(value)) return "explain takes a list of pictures; anything else takes one at a time";
  if (typeof value !== "object" || value === null) return undefined;
  if (isPromise(value)) return "await the promise";
  if (value instanceof ArrayBuffer) return "pass new Uint8Array(it)";
  if ("arrayBuffer" in value) return "pass new Uint8Array(await it.arrayBuffer())";
  if ("image" in value) return "pass its image";
  return undefined;
}
