import type { RawImage } from "./types.js";

/** A copy of which no side is longer than `side` pixels, and how many of its pixels one of the picture's makes. */
export async function shrink(image: RawImage, side: number): Promise<{ image: RawImage; scale: number }> {
  const longest = Math.max(image.width, image.height);
  if (longest <= side) return { image, scale: 1 };
  const { default: sharp } = await import("sharp");
  const { data, info } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(side, side, { fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { image: { data: new Uint8Array(data), width: info.width, height: info.height }, scale: side / longest };
}
