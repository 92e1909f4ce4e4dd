import { pictures } from "#platform/pictures";
import { THUMBNAIL } from "../pictures/thumbnail.js";
import { SHARD, SHEET_COLUMNS, shardFiles } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import type { MapPlace } from "../types.js";
import { GRID } from "./perceptual-hash.js";

const SHEET_PIXELS = SHARD * THUMBNAIL * THUMBNAIL;
/** Pixels of a thumbnail along each side of a cell. */
const STEP = THUMBNAIL / GRID;

/** Luma of pictures by their thumbnails, [pictures, GRID · GRID]; one sheet in memory at a time. */
export async function storedLumas(storage: Storage, places: readonly MapPlace[]): Promise<Uint8Array> {
  const lumas = new Uint8Array(places.length * GRID * GRID);
  let shown: { shard: number; data: Uint8Array | Uint8ClampedArray; width: number } | undefined;
  for (const [i, { shard, map_row }] of places.entries()) {
    if (shown?.shard !== shard) {
      const file = await storage.read(shardFiles(shard).thumbnails);
      const sheet = file && (await pictures.decode(file, { maxPixels: SHEET_PIXELS, background: "white" }));
      shown = { shard, data: sheet?.data ?? new Uint8Array(SHEET_PIXELS * 3), width: sheet?.width ?? THUMBNAIL };
    }
    const { data, width } = shown;
    const left = (map_row % SHEET_COLUMNS) * THUMBNAIL;
    const top = Math.floor(map_row / SHEET_COLUMNS) * THUMBNAIL;
    for (let cell = 0; cell < GRID * GRID; cell++) {
      const [x, y] = [left + (cell % GRID) * STEP, top + Math.floor(cell / GRID) * STEP];
      let sum = 0;
      for (let v = 0; v < STEP; v++) {
        for (let u = 0; u < STEP; u++) {
          const from = ((y + v) * width + x + u) * 3;
          sum += 0.299 * data[from] + 0.587 * data[from + 1] + 0.114 * data[from + 2];
        }
      }
      lumas[i * GRID * GRID + cell] = Math.round(sum / STEP ** 2);
    }
  }
  return lumas;
}
