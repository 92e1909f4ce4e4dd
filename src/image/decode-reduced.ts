import { pictures } from "#platform/pictures";
import type { DecodeSettings, PictureFacts } from "../platform/pictures.js";
import { exifOrientation } from "./exif-orientation.js";
import type { Picture, Size } from "./types.js";

/** What a JPEG decoder can reduce by, strongest first. */
const REDUCTIONS = [8, 4, 2];
/** A reduced picture keeps so many pixels along each side for one that is needed, so that scaling it smooths as before. */
const SPARE = 2;

/**
 * A JPEG file at the smallest size that leaves twice what is needed along each side; undefined where that is its own, and
 * where there is no such decoder.
 */
export async function decodeReduced(
  encoded: Uint8Array,
  { width, height }: PictureFacts,
  { needed, ...settings }: DecodeSettings & { needed(size: Size): Size },
): Promise<Pick<Picture, "image" | "notes" | "whole"> | undefined> {
  const orientation = exifOrientation(encoded);
  const whole = orientation < 5 ? { width, height } : { width: height, height: width };
  const least = needed(whole);
  const by = REDUCTIONS.find(
    (by) => whole.width >= SPARE * by * least.width && whole.height >= SPARE * by * least.height,
  );
  if (!by || !pictures.reduced) return undefined;
  const image = await pictures.reduced(encoded, { ...settings, width, height, orientation, by });
  const note = `decoded at 1/${by} of its size: ${sizeText(image)} of ${sizeText(whole)} pixels`;
  return { image, whole, notes: [note] };
}

const sizeText = ({ width, height }: Size) => `${width} × ${height}`;
