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
