import { SightlineError } from "../core/errors.js";
import type { RawImage } from "../core/raw-image.js";
import { notAPicture, tooLarge } from "./image-errors.js";

export const MAX_PIXELS = 100_000_000;
const MAX_SIDE = 1_000_000;

/** @throws SightlineError `bad-image`, `image-too-large` for what is no decoded picture */
export function checkRaw(image: RawImage, maxPixels = MAX_PIXELS): RawImage {
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

/** @param subject "the picture is" @throws SightlineError `image-too-large` */
export function checkSize(
  { width, height }: Pick<RawImage, "width" | "height">,
  subject: string,
  maxPixels: number,
): void {
  const large = `${subject} ${width} × ${height} pixels large`;
  if (width * height > maxPixels) throw tooLarge(large, `at most ${maxPixels / 1e6} million pixels`);
  if (Math.max(width, height) > MAX_SIDE) throw tooLarge(large, `sides of at most ${MAX_SIDE} pixels`);
}
