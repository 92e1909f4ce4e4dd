import type { RawImage, Rect } from "../../image/types.js";

/** Side of a thumbnail in pixels. */
export const THUMBNAIL = 96;
/** Pixels looked at along each side of a thumbnail's pixel, at most; more would not be seen. */
const SAMPLES = 2;

/** The model's view of a picture, [THUMBNAIL, THUMBNAIL, 3]: means of evenly spread pixels; black beyond the picture. */
export function thumbnailOf({ data, width, height }: RawImage, view: Rect): Uint8Array {
  const columns = positions(view.x, view.width, width, 3);
  const rows = positions(view.y, view.height, height, width * 3);
  const [across, down] = [columns.length / THUMBNAIL, rows.length / THUMBNAIL];
  const count = across * down;
  const thumbnail = new Uint8Array(THUMBNAIL * THUMBNAIL * 3);
  for (let y = 0, to = 0; y < THUMBNAIL; y++) {
    for (let x = 0; x < THUMBNAIL; x++, to += 3) {
      let [r, g, b] = [0, 0, 0];
      for (let j = y * down; j < (y + 1) * down; j++) {
        for (let i = x * across; i < (x + 1) * across; i++) {
          if (rows[j] < 0 || columns[i] < 0) continue;
          const from = rows[j] + columns[i];
          r += data[from];
          g += data[from + 1];
          b += data[from + 2];
        }
      }
      thumbnail[to] = r / count + 0.5;
      thumbnail[to + 1] = g / count + 0.5;
      thumbnail[to + 2] = b / count + 0.5;
    }
  }
  return thumbnail;
}

/** Where a side is looked at, evenly spread over each of a thumbnail's pixels, in steps; −1 beyond the picture. */
function positions(start: number, length: number, size: number, step: number): Int32Array {
  const samples = Math.min(SAMPLES, Math.max(1, Math.round(length / THUMBNAIL)));
  const count = THUMBNAIL * samples;
  return Int32Array.from({ length: count }, (_, i) => {
    const at = Math.floor(start + ((i + 0.5) * length) / count);
    return at >= 0 && at < size ? at * step : -1;
  });
}
