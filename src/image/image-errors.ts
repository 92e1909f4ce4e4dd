import { SightlineError } from "../core/errors.js";

export function badImage(what: string, received: string, cause?: unknown): SightlineError {
  return new SightlineError("bad-image", what, {
    received,
    expected: "a complete JPEG, PNG, WebP, GIF, TIFF or AVIF file",
    cause,
  });
}

export function tooLarge(what: string, expected: string): SightlineError {
  return new SightlineError("image-too-large", what, { expected, next: "make it smaller first" });
}

/** The error of a value that no picture can be made of, with what to do about it where that can be guessed. */
export function notAPicture(value: unknown): SightlineError {
  return new SightlineError("bad-image", `not a picture: ${kindOf(value)}`, {
    received: value,
    expected: "a path, a file: or https: URL, encoded bytes, { data, width, height } of RGB bytes, or a tensor",
    next: adviceOn(value),
  });
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  return value.constructor?.name ? `an object (${value.constructor.name})` : "an object";
}

function adviceOn(value: unknown): string | undefined {
  if (Array.isArray(value)) return "explain takes a list of pictures; anything else takes one at a time";
  if (typeof value !== "object" || value === null) return undefined;
  if ("then" in value) return "await the promise";
  if ("arrayBuffer" in value) return "pass new Uint8Array(await it.arrayBuffer())";
  if ("image" in value) return "pass its image";
  return undefined;
}
