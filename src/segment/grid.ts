import type { Segments } from "./segments.js";

/** Rectangles of near-equal size, `rows` by `columns`, numbered row by row. */
export function grid(width: number, height: number, rows: number, columns = rows): Segments {
  const down = Math.min(rows, height);
  const across = Math.min(columns, width);
  const labels = new Int32Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.floor((y * down) / height) * across;
    for (let x = 0; x < width; x++, p++) labels[p] = row + Math.floor((x * across) / width);
  }
  return { labels, count: down * across, width, height };
}
