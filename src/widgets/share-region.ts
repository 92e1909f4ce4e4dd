import type { Region } from "../evaluate/region.js";
import type { InputGeometry } from "../model/types.js";

/** How many pixels a share of the model's input is: at least 1. */
export function shareCells(share: number, { width, height }: Pick<InputGeometry, "width" | "height">): number {
  return Math.max(1, Math.round(share * width * height));
}

/** Where a box of a fixed area lies. */
export interface BoxPlace {
  /** Its middle, as shares of the picture, 0…1; a box that would reach beyond the edge is moved inside. */
  readonly x: number;
  readonly y: number;
  /** Width over height, in pixels of the model's input; 1 when absent. */
  readonly aspect?: number;
}

/**
 * A box that covers exactly a share of the model's input, as {@link GuessFirst} takes it: where whole rows do not come
 * out even, the last one is shorter.
 * @param share 0…1
 * @example
 * const region = shareRegion(0.15, { x: 0.5, y: 0.4, aspect: 2 }, model.info.input);
 */
export function shareRegion(
  share: number,
  { x, y, aspect = 1 }: BoxPlace,
  { width, height }: Pick<InputGeometry, "width" | "height">,
): Region {
  const cells = shareCells(share, { width, height });
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, Math.round(value)));
  const across = clamp(Math.sqrt(cells * aspect), Math.ceil(cells / height), Math.min(width, cells));
  const rows = Math.ceil(cells / across);
  const left = clamp(x * width - across / 2, 0, width - across);
  const top = clamp(y * height - rows / 2, 0, height - rows);
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < rows; row++) {
    const start = (top + row) * width + left;
    mask.fill(1, start, start + Math.min(across, cells - row * across));
  }
  return { mask, width, height };
}
