import type { Random } from "../core/random.js";
import { descending } from "../core/ranks.js";
import { resizeMap } from "../image/resize-map.js";

/** Cells of the random grid along the shorter side: a region is about a fifth of the picture wide. */
const CELLS = 6;

/** A smooth random map, [height · width]: normal numbers on a coarse grid, randomly shifted, interpolated. */
export function randomField(random: Random, width: number, height: number): Float32Array {
  const cell = Math.max(1, Math.min(width, height) / CELLS);
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const grid = Float32Array.from({ length: columns * rows }, () => random.normal());
  const [fullWidth, fullHeight] = [Math.ceil(columns * cell), Math.ceil(rows * cell)];
  const full = resizeMap(grid, columns, rows, fullWidth, fullHeight);
  const left = random.integer(fullWidth - width + 1);
  const top = random.integer(fullHeight - height + 1);
  return Float32Array.from(
    { length: width * height },
    (_, i) => full[(top + Math.floor(i / width)) * fullWidth + left + (i % width)],
  );
}

/** A Gaussian in the middle, σ a quarter of each side. */
export function centredGaussian(width: number, height: number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const x = ((i % width) + 0.5) / width - 0.5;
    const y = (Math.floor(i / width) + 0.5) / height - 0.5;
    return Math.exp(-(x * x + y * y) / (2 * 0.25 ** 2));
  });
}

/** The values of a map, laid out in the order of another: at every threshold both regions have the same area. */
export function rearranged(values: Float32Array, order: Float32Array): Float32Array {
  const sorted = Float32Array.from(values).sort().reverse();
  const out = new Float32Array(values.length);
  descending(order).forEach((pixel, rank) => {
    out[pixel] = sorted[rank];
  });
  return out;
}
