import { SightlineError } from "../errors.js";
import type { RawImage } from "../image/types.js";
import { grid } from "./grid.js";
import { quickshift } from "./quickshift.js";
import type { Segments } from "./segments.js";
import { slic } from "./slic.js";

export { grid } from "./grid.js";
export { type QuickshiftOptions, quickshift, quickshiftDefaults } from "./quickshift.js";
export type { Segments } from "./segments.js";
export { type SlicOptions, slic, slicDefaults } from "./slic.js";

/** A way to cut a picture up. */
export type Segmentation = keyof typeof SEGMENTATIONS;

const SEGMENTATIONS = {
  grid: ({ width, height }: RawImage, count: number) => {
    const rows = Math.max(1, Math.round(Math.sqrt((count * height) / width)));
    return grid(width, height, rows, Math.max(1, Math.floor(count / rows)));
  },
  slic: (image: RawImage, count: number) => slic(image, { count }),
  quickshift: (image: RawImage) => quickshift(image),
} as const;

/**
 * Cuts a picture up, deterministically.
 * @param count segments wanted, an upper bound of grid and slic; quickshift finds their number itself
 * @throws SightlineError `bad-config`
 */
export function segment(image: RawImage, kind: Segmentation, count: number): Segments {
  if (!Object.hasOwn(SEGMENTATIONS, kind)) {
    throw new SightlineError("bad-config", `unknown segmentation '${kind}'`, {
      received: kind,
      expected: Object.keys(SEGMENTATIONS).join(", "),
    });
  }
  if (!(Number.isInteger(count) && count >= 1 && count <= image.width * image.height)) {
    throw new SightlineError("bad-config", `cannot cut ${image.width}×${image.height} pixels into ${count} segments`, {
      received: count,
      expected: `a whole number from 1 to ${image.width * image.height}`,
    });
  }
  return SEGMENTATIONS[kind](image, count);
}
