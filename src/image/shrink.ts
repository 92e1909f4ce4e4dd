import { pictures } from "#platform/pictures";
import type { RawImage } from "./types.js";

/** A copy of which no side is longer than `side` pixels, and how many of its pixels one of the picture's makes. */
export async function shrink(image: RawImage, side: number): Promise<{ image: RawImage; scale: number }> {
  const longest = Math.max(image.width, image.height);
  if (longest <= side) return { image, scale: 1 };
  return { image: await pictures.resize(image, { width: side, height: side, fit: "inside" }), scale: side / longest };
}
