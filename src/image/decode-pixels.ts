import { pictures } from "#platform/pictures";
import { SightlineError } from "../core/errors.js";
import type { RawImage } from "../core/raw-image.js";
import { extent } from "../core/statistics.js";
import type { DecodeSettings, PictureFacts } from "../platform/pictures.js";
import { type Scaled, toBytes } from "./sample-range.js";

/** Largest byte of a picture whose 16 bits use no more than the lowest 12, or 14, of them. */
const TWELVE_BITS = 15;
const FOURTEEN_BITS = 63;

/** How many pixels may be unpacked as numbers of 32 bits where `maxPixels` of 8 bits may. */
export function deepPixels({ channels = 4 }: PictureFacts, maxPixels: number): number {
  return Math.floor(maxPixels / Math.max(4, channels));
}

/** A picture as bytes, and how its values became that. */
export interface DecodedPixels {
  readonly image: RawImage;
  readonly notes: readonly string[];
}

/**
 * The first frame as bytes. What is stored in more bits and would come out black or white is scaled by the range of its
 * values, which a note names.
 * @throws SightlineError `bad-image` for samples that are no finite numbers
 */
export async function decodePixels(
  encoded: Uint8Array,
  facts: PictureFacts,
  settings: DecodeSettings & { readonly name: string },
): Promise<DecodedPixels> {
  const transparent = facts.hasAlpha && !(await pictures.isOpaque(encoded));
  const notes = transparent ? [`transparent parts were put on ${settings.background}`] : [];
  const add = ({ image, notes: more }: DecodedPixels): DecodedPixels => ({ image, notes: [...notes, ...more] });
  if (facts.samples === "wide" || facts.channels) return add(await scaled(encoded, facts, settings));
  const image = await pictures.decode(encoded, settings);
  if (facts.samples !== "uint16") return { image, notes };
  // the colours of a transparent picture are mixed with the background's
  const largest = transparent ? 0 : extent(image.data)[1];
  if (largest > FOURTEEN_BITS) return { image, notes };
  const brighter = largest <= TWELVE_BITS ? await fewerBits(encoded, facts, settings) : undefined;
  if (brighter) return add(brighter);
  return add({ image, notes: largest > 0 ? [darkNote(largest <= TWELVE_BITS ? 12 : 14)] : [] });
}

async function scaled(
  encoded: Uint8Array,
  facts: PictureFacts,
  { name, ...settings }: DecodeSettings & { readonly name: string },
): Promise<DecodedPixels> {
  if (!pictures.samples) throw new Error("its samples are not bytes");
  const samples = await pictures.samples(encoded, settings);
  const bytes = toBytes(samples, settings.background === "white" ? 255 : 0);
  if (!bytes) {
    throw new SightlineError("bad-image", `'${name}' has values that are not finite numbers`, {
      received: "NaN or infinity",
      expected: "finite samples",
      next: "fill the gaps first, such as with the smallest value",
    });
  }
  return { image: bytes.image, notes: [...channelNotes(facts, samples.channels), ...rangeNotes(bytes)] };
}

function channelNotes({ channels }: PictureFacts, read: number): string[] {
  if (!channels) return [];
  const used = read < 3 ? "the first one is taken as grey" : "the first three are taken as red, green and blue";
  return [`the picture has ${channels} channels; ${used}`];
}

function rangeNotes({ range, known }: Scaled): string[] {
  if (known && range.low === 0 && range.high === 255) return [];
  const span = `${short(range.low)} to ${short(range.high)}`;
  const note = known
    ? `the picture's values were read as ${span} and scaled to 0…255`
    : `the picture's values, from ${span}, were scaled to 0…255, each picture by its own range`;
  return [note];
}

/** Undefined where all 16 bits are used, where there is nothing but black, and where the bits cannot be had. */
async function fewerBits(
  encoded: Uint8Array,
  facts: PictureFacts,
  settings: DecodeSettings,
): Promise<DecodedPixels | undefined> {
  if (!pictures.samples || facts.width * facts.height > deepPixels(facts, settings.maxPixels)) return undefined;
  const samples = await pictures.samples(encoded, settings);
  const bytes = toBytes(samples, settings.background === "white" ? 255 : 0);
  if (!bytes || bytes.range.high > 4_095 || samples.data.every((value) => value === 0)) return undefined;
  const note = `the picture's 16-bit values were read as ${bytes.range.low} to ${bytes.range.high} and scaled to 0…255`;
  return { image: bytes.image, notes: [note] };
}

const darkNote = (bits: number) =>
  `the picture is dark: its 16-bit values would fit into ${bits} bits; if they are meant so, scale them to 16 bits first`;

const short = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(3)));
