import type { StretchedMask } from "./method-step.js";

/** What a small mask shows of every place of a grid over the whole input, 0…1, row by row. */
export function stretched(
  { cells, columns, rows, box, soft, around }: StretchedMask,
  width: number,
  height: number,
): Float32Array {
  const out = new Float32Array(width * height).fill(around);
  const across = places(width, box.x, box.width, columns, soft);
  const down = places(height, box.y, box.height, rows, soft);
  for (const { at: y, low: top, high: bottom, weight: v } of down) {
    for (const { at: x, low: left, high: right, weight: u } of across) {
      const above = cells[top * columns + left] * (1 - u) + cells[top * columns + right] * u;
      const below = cells[bottom * columns + left] * (1 - u) + cells[bottom * columns + right] * u;
      out[y * width + x] = above * (1 - v) + below * v;
    }
  }
  return out;
}

/** A place of an axis that lies in the box: the two cells that it sees, and how much of the second. */
interface Place {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

function places(size: number, from: number, extent: number, count: number, soft: boolean): Place[] {
  const found: Place[] = [];
  for (let at = 0; at < size; at++) {
    const inBox = ((at + 0.5) / size - from) / extent;
    if (inBox < 0 || inBox >= 1) continue;
    const cell = Math.min(count - 1, Math.max(0, inBox * count - 0.5));
    const low = soft ? Math.floor(cell) : Math.min(count - 1, Math.floor(inBox * count));
    const high = soft ? Math.min(count - 1, low + 1) : low;
    found.push({ at, low, high, weight: soft ? cell - low : 0 });
  }
  return found;
}
