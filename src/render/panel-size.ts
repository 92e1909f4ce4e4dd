/** Pixels. */
export const BAR_WIDTH = 14;

/** Bounds of a panel's longer side, by how many stand in a row: side by side all have the same. */
export function panelBounds(columns: number): { least: number; most: number } {
  if (columns === 1) return { least: 384, most: 512 };
  const side = Math.min(400, Math.floor(1080 / columns));
  return { least: side, most: side };
}
