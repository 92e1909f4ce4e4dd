import { SightlineError } from "../core/errors.js";
import type { RawImage } from "../image/types.js";
import { felzenszwalb } from "./felzenszwalb.js";
import { grid } from "./grid.js";
import { quickshift } from "./quickshift.js";
import type { Segments } from "./segments.js";
import { slic } from "./slic.js";

export { type FelzenszwalbOptions, felzenszwalb } from "./felzenszwalb.js";
export { grid } from "./grid.js";
export { type QuickshiftOptions, quickshift, quickshiftDefaults } from "./quickshift.js";
export type { Segments } from "./segments.js";
export { type SlicOptions, slic, slicDefaults } from "./slic.js";

/** A way to cut a picture up. */
export type Segmentation = keyof typeof segmenters;

const segmenters = {
  grid: ({ width, height }: RawImage, count: number) => {
    const rows = Math.max(1, Math.round(Math.sqrt((count * height) / width)));
    return grid(width, height, rows, Math.max(1, Math.floor(count / rows)));
  },
  slic: (image: RawImage, count: number) => slic(image, { count }),
  quickshift: (image: RawImage) => quickshift(image),
  felzenszwalb: ({ data, width, height }: RawImage) => {
    const planes = [0, 1, 2].map((c) => Float32Array.from({ length: width * height }, (_, p) => data[3 * p + c] / 255));
    const minSize = Math.ceil((width * height) / 500);
    return felzenszwalb(planes, width, height, { scale: 150, sigma: 0.8, minSize });
  },
} as const;

export const SEGMENTATIONS = Object.keys(segmenters) as Segmentation[];

/**
 * Cuts a picture up, deterministically.
 * @param count segments wanted, an upper bound of grid and slic; quickshift and felzenszwalb find their number themselves
 * @throws SightlineError `bad-config`
 */
export function segment(image: RawImage, kind: Segmentation, count: number): Segments {
  if (!Object.hasOwn(segmenters, kind)) {
    throw new SightlineError("bad-config", `unknown segmentation '${kind}'`, {
      received: kind,
      expected: SEGMENTATIONS.join(", "),
    });
  }
  if (!(Number.isInteger(count) && count >= 1 && count <= image.width * image.height)) {
    throw new SightlineError("bad-config", `cannot cut ${image.width}×${image.height} pixels into ${count} segments`, {
      received: count,
      expected: `a whole number from 1 to ${image.width * image.height}`,
    });
  }
  return segmenters[kind](image, count);
}
