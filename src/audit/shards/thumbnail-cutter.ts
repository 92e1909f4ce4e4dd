import { pictures } from "#platform/pictures";
import type { RawImage } from "../../core/raw-image.js";
import { THUMBNAIL } from "../pictures/thumbnail.js";
import type { MapPlace } from "../types.js";
import { SHARD, SHEET_COLUMNS, shardFiles } from "./shard.js";
import type { Storage } from "./storage.js";

const SHEET_PIXELS = SHARD * THUMBNAIL * THUMBNAIL;

/** Where a thumbnail is on its sheet, in pixels. */
export const left = (cell: number) => (cell % SHEET_COLUMNS) * THUMBNAIL;
export const top = (cell: number) => Math.floor(cell / SHEET_COLUMNS) * THUMBNAIL;

/** Cuts thumbnails out of the shards' sheets; the last sheet is kept. */
export function thumbnailCutter(storage: Storage): (place: MapPlace) => Promise<Uint8Array | undefined> {
  let last: { shard: number; sheet?: RawImage } | undefined;
  return async ({ shard, map_row }) => {
    if (last?.shard !== shard) {
      const file = await storage.read(shardFiles(shard).thumbnails);
      last = { shard, sheet: file && (await pictures.decode(file, { maxPixels: SHEET_PIXELS, background: "white" })) };
    }
    const { sheet } = last;
    if (!sheet) return undefined;
    const thumbnail = new Uint8Array(THUMBNAIL * THUMBNAIL * 3);
    for (let y = 0; y < THUMBNAIL; y++) {
      const from = ((top(map_row) + y) * sheet.width + left(map_row)) * 3;
      thumbnail.set(sheet.data.subarray(from, from + THUMBNAIL * 3), y * THUMBNAIL * 3);
    }
    return thumbnail;
  };
}
