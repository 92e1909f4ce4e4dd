import { pictures } from "#platform/pictures";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { pictureHead, pictureType } from "../platform/picture-head.js";
import type { PictureFacts } from "../platform/pictures.js";
import { decodePixels, deepPixels } from "./decode-pixels.js";
import { badImage, notAPicture, reasonOf, tooLarge, undecodable, unreadTiff } from "./image-errors.js";
import { type EncodedImage, NAMELESS, readEncoded } from "./read-encoded.js";
import { obstacleInTiff } from "./tiff-traits.js";
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
  if (source instanceof Uint8Array) return decode({ bytes: source, name: NAMELESS }, maxPixels, background);
  if (typeof source === "string" || source instanceof URL) {
    return decode(await readEncoded(source, signal), maxPixels, background);
  }
  return { image: checkRaw(source, maxPixels), name: NAMELESS, notes: [] };
}

async function decode(
  { bytes, name }: EncodedImage,
  maxPixels: number,
  background: "white" | "black",
): Promise<Picture> {
  const subject = name === NAMELESS ? "the bytes are" : `'${name}' is`;
  if (bytes.length === 0) throw badImage(`${subject} empty`, name);
  const inspect = () => inspected(bytes, name, subject, maxPixels);
  const jpeg = pictureType(bytes) === "image/jpeg" ? pictureHead(bytes) : undefined;
  const facts = jpeg ?? (await inspect());
  try {
    const { image, notes } = await decodePixels(bytes, facts, { maxPixels, background, name });
    return { image, name, notes: [...notesOn(facts), ...notes] };
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    if (jpeg) await inspect();
    throw badImage(`${subject} damaged (${reasonOf(cause)})`, name, cause);
  }
}

/** @throws SightlineError `bad-image`, `image-too-large` */
async function inspected(bytes: Uint8Array, name: string, subject: string, maxPixels: number): Promise<PictureFacts> {
  const facts = await pictures.inspect(bytes).catch((cause) => {
    throw undecodable(bytes, name, subject, cause);
  });
  const obstacle = obstacleIn(bytes, facts);
  if (obstacle) throw unreadTiff(subject, name, obstacle);
  const deep = facts.samples === "wide" || facts.channels !== undefined;
  checkSize(facts, subject, deep ? deepPixels(facts, maxPixels) : maxPixels);
  return facts;
}

/** Why a picture that libvips opens would come out wrong. */
function obstacleIn(bytes: Uint8Array, { samples, colours }: PictureFacts): string | undefined {
  if (samples === "below-zero") return "its signed 16-bit samples reach below 0";
  return pictureType(bytes) === "image/tiff" && !colours ? obstacleInTiff(bytes) : undefined;
}

function notesOn({ frames, colours }: PictureFacts): string[] {
  const notes: string[] = [];
  if (frames > 1) notes.push(`the picture has ${frames} frames; the first one is used`);
  if (colours) notes.push(`the picture's ${colours} colours were converted to sRGB`);
  return notes;
}

function checkRaw(image: RawImage, maxPixels: number): RawImage {
  const { data, width, height } = image ?? {};
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!bytes || !Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw notAPicture(image);
  }
  checkSize(image, "the picture is", maxPixels);
  if (data.length !== width * height * 3) {
    throw new SightlineError("bad-image", `${data.length} bytes do not make a picture of ${width} × ${height} pixels`, {
      received: data.length,
      expected: `${width * height * 3} bytes: red, green, blue for each pixel`,
    });
  }
  return image;
}

function checkSize({ width, height }: Pick<RawImage, "width" | "height">, subject: string, maxPixels: number): void {
  const large = `${subject} ${width} × ${height} pixels large`;
  if (width * height > maxPixels) throw tooLarge(large, `at most ${maxPixels / 1e6} million pixels`);
  if (Math.max(width, height) > MAX_SIDE) throw tooLarge(large, `sides of at most ${MAX_SIDE} pixels`);
}
