import { pictures } from "#platform/pictures";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { pictureHead, pictureType } from "../platform/picture-head.js";
import type { PictureFacts } from "../platform/pictures.js";
import { decodePixels, deepPixels } from "./decode-pixels.js";
import { decodeReduced } from "./decode-reduced.js";
import { badImage, reasonOf, undecodable, unreadTiff } from "./image-errors.js";
import { checkRaw, checkSize, MAX_PIXELS } from "./raw-picture.js";
import { type EncodedImage, NAMELESS, readEncoded } from "./read-encoded.js";
import { obstacleInTiff } from "./tiff-traits.js";
import type { ImageSource, Picture, PreparedImage, Size } from "./types.js";

export interface DecodeOptions {
  /** Larger pictures are refused before they are unpacked. */
  maxPixels?: number;
  /** What shows through transparent parts; masks want black. Default white. */
  background?: "white" | "black";
  /** The size at which a picture of a size is needed: a JPEG file far larger than that is decoded at a reduced size. */
  needed?(size: Size): Size;
  signal?: AbortSignal;
}

/**
 * Decodes a picture to 8-bit sRGB: turned upright by its EXIF orientation, transparency put on a background, the first
 * frame of an animation.
 * @throws SightlineError `file-not-found`, `bad-image`, `image-too-large`, `download-failed`, `aborted`
 */
export async function decodeImage(
  source: Exclude<ImageSource, Tensor | PreparedImage>,
  { maxPixels = MAX_PIXELS, background = "white", needed, signal }: DecodeOptions = {},
): Promise<Picture> {
  throwIfAborted(signal);
  const settings = { maxPixels, background, needed };
  if (source instanceof Uint8Array) return decode({ bytes: source, name: NAMELESS }, settings);
  if (typeof source === "string" || source instanceof URL) return decode(await readEncoded(source, signal), settings);
  return { image: checkRaw(source, maxPixels), name: NAMELESS, notes: [] };
}

type Settings = Required<Pick<DecodeOptions, "maxPixels" | "background">> & Pick<DecodeOptions, "needed">;

async function decode({ bytes, name }: EncodedImage, { needed, ...settings }: Settings): Promise<Picture> {
  const subject = name === NAMELESS ? "the bytes are" : `'${name}' is`;
  if (bytes.length === 0) throw badImage(`${subject} empty`, name);
  const inspect = () => inspected(bytes, name, subject, settings.maxPixels);
  const jpeg = pictureType(bytes) === "image/jpeg" ? pictureHead(bytes) : undefined;
  const facts = jpeg ?? (await inspect());
  try {
    const smaller = jpeg && needed && (await decodeReduced(bytes, jpeg, { ...settings, needed }));
    if (smaller) return { ...smaller, name, notes: [...notesOn(facts), ...smaller.notes] };
    const { image, notes } = await decodePixels(bytes, facts, { ...settings, name });
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
