import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { ImageSource, Picture, PreparedImage, RawImage } from "./types.js";

export interface DecodeOptions {
  /** Larger pictures are refused before they are unpacked. */
  maxPixels?: number;
  /** What shows through transparent parts; masks want black. Default white. */
  background?: "white" | "black";
  signal?: AbortSignal;
}

const MAX_PIXELS = 100_000_000;
const MAX_SIDE = 1_000_000;
const MAX_BYTES = 512 * 2 ** 20;
const NAMELESS = "picture";

/**
 * Decodes a picture to 8-bit sRGB: turned upright by its EXIF orientation, transparency put on a background, the first
 * frame of an animation.
 * @throws SightlineError `file-not-found`, `bad-image`, `image-too-large`, `download-failed`, `aborted`
 */
export async function decodeImage(
  source: Exclude<ImageSource, Tensor | PreparedImage>,
  { maxPixels = MAX_PIXELS, background = "white", signal }: DecodeOptions = {},
): Promise<Picture> {
  throwIfAborted(signal);
  const decoded = (bytes: Uint8Array, name: string) => decodeBytes(bytes, name, maxPixels, background);
  if (source instanceof Uint8Array) return decoded(source, NAMELESS);
  if (typeof source === "string" || source instanceof URL) {
    const url = asUrl(source);
    if (url && url.protocol !== "file:") return decoded(await fetchImage(url, signal), basename(url.pathname));
    const path = url ? fileURLToPath(url) : String(source);
    return decoded(await readImage(path), basename(path));
  }
  return { image: checkRaw(source, maxPixels), name: NAMELESS, notes: [] };
}

function asUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  return /^(file|https?):/i.test(source) ? new URL(source) : undefined;
}

async function readImage(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch((cause) => {
    throw new SightlineError("file-not-found", `there is no picture '${path}'`, {
      received: path,
      next: "check the path; it is relative to the current folder",
      cause,
    });
  });
  if (!found.isFile()) throw badImage(`'${path}' is ${found.isDirectory() ? "a folder" : "not a regular file"}`, path);
  if (found.size > MAX_BYTES) throw tooLarge(`'${path}' has ${found.size} bytes`, `at most ${MAX_BYTES} bytes`);
  return readFile(path);
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
    return Buffer.concat(chunks);
  } catch (cause) {
    throwIfAborted(signal);
    throw cause instanceof SightlineError ? cause : fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function decodeBytes(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  background: "white" | "black",
): Promise<Picture> {
  const of = name === NAMELESS ? "the bytes are" : `'${name}' is`;
  if (bytes.length === 0) throw badImage(`${of} empty`, name);
  const open = () => sharp(bytes, { limitInputPixels: false, failOn: "error" });
  const checked = async () => {
    const metadata = await open()
      .metadata()
      .catch((cause) => {
        throw badImage(`${of} no picture that can be decoded`, name, cause);
      });
    checkSize(metadata.width, metadata.height, of, maxPixels);
    return metadata;
  };
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const { pages: frames = 1, hasAlpha = false } = jpeg ? {} : await checked();
  try {
    const notes: string[] = [];
    if (frames > 1) notes.push(`the picture has ${frames} frames; the first one is used`);
    if (hasAlpha && !(await open().stats()).isOpaque) notes.push(`transparent parts were put on ${background}`);
    const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" })
      .autoOrient()
      .flatten({ background })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { image: { data: asRgb(data, info.channels), width: info.width, height: info.height }, name, notes };
  } catch (cause) {
    if (jpeg) await checked();
    throw badImage(`${of} damaged: ${cause instanceof Error ? cause.message.split("\n", 1)[0] : cause}`, name, cause);
  }
}

function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)];
  }
  return rgb;
}

function checkRaw(image: RawImage, maxPixels: number): RawImage {
  const { data, width, height } = image ?? {};
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!bytes || !Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new SightlineError("bad-image", "this is no picture", {
      received: image,
      expected: "a path, a file: or https: URL, encoded bytes, { data, width, height } of RGB bytes, or a tensor",
    });
  }
  checkSize(width, height, "the picture is", maxPixels);
  if (data.length !== width * height * 3) {
    throw new SightlineError("bad-image", `${data.length} bytes are no picture of ${width} × ${height} pixels`, {
      received: data.length,
      expected: `${width * height * 3} bytes: red, green, blue for each pixel`,
    });
  }
  return image;
}

function checkSize(width: number, height: number, of: string, maxPixels: number): void {
  const large = `${of} ${width} × ${height} pixels large`;
  if (width * height > maxPixels) throw tooLarge(large, `at most ${maxPixels / 1e6} million pixels`);
  if (Math.max(width, height) > MAX_SIDE) throw tooLarge(large, `sides of at most ${MAX_SIDE} pixels`);
}

function badImage(what: string, received: string, cause?: unknown): SightlineError {
  return new SightlineError("bad-image", what, {
    received,
    expected: "a complete JPEG, PNG, WebP, GIF, TIFF or AVIF file",
    cause,
  });
}

function tooLarge(what: string, expected: string): SightlineError {
  return new SightlineError("image-too-large", what, { expected, next: "make it smaller first" });
}
