import { pictures } from "#platform/pictures";
import type { Examined } from "../pictures/examine.js";
import { THUMBNAIL } from "../pictures/thumbnail.js";
import { type AuditRow, columnsOf, parquetOf } from "../row.js";
import { arrayFile, readArray } from "./array-file.js";
import type { Storage } from "./storage.js";

/** Pictures that are stored together: one Parquet file of rows, one array of maps, one sheet of thumbnails. */
export const SHARD = 64;
export const SHEET_COLUMNS = 8;

/** A picture's number: its place among all of the audit. */
export const numberOf = (shard: number, row: number): number => shard * SHARD + row;

/** Names of a shard's files. The rows are written last: a shard whose rows are there is whole. */
export function shardFiles(index: number): Readonly<Record<(typeof SHARD_FOLDERS)[number], string>> {
  const name = String(index).padStart(6, "0");
  return {
    maps: `maps/${name}.npy`,
    scores: `scores/${name}.npy`,
    features: `features/${name}.npy`,
    thumbnails: `thumbnails/${name}.webp`,
    rows: `rows/${name}.parquet`,
  };
}

/** Folders that hold a file for each shard, in the order in which these are written. */
export const SHARD_FOLDERS = ["maps", "scores", "features", "thumbnails", "rows"] as const;

/** Writes a shard, its rows last. Byte for byte the same for the same pictures, model and options. */
export async function writeShard(storage: Storage, index: number, examined: readonly Examined[]): Promise<void> {
  const files = shardFiles(index);
  const rows: AuditRow[] = examined.map(({ row }, i) => ({ ...row, shard: index, map_row: i }));
  await storage.write(files.maps, mapsFile(examined));
  await storage.write(files.scores, vectorsFile(examined.map(({ scores }) => scores)));
  await storage.write(files.features, vectorsFile(examined.map(({ features }) => features)));
  await storage.write(files.thumbnails, await thumbnailSheet(examined.map(({ thumbnail }) => thumbnail)));
  await storage.write(files.rows, await parquetOf(columnsOf(rows)));
}

/** Maps at their native resolution as a NumPy array, float32 [pictures, height, width]; NaN where there is no map. */
function mapsFile(examined: readonly Examined[]): Uint8Array {
  const first = examined.find(({ map }) => map)?.map;
  const [height, width] = first ? [first.height, first.width] : [0, 0];
  const fits = (map: Examined["map"]) => (map?.height === height && map.width === width ? map.data : undefined);
  return arrayFile(
    examined.map(({ map }) => fits(map)),
    [height, width],
  );
}

/** Vectors as a NumPy array, float32 [pictures, length]; NaN where there is none. */
function vectorsFile(vectors: readonly (Float32Array | undefined)[]): Uint8Array {
  return arrayFile(vectors, [vectors.find((vector) => vector)?.length ?? 0]);
}

/**
 * Reads what {@link writeShard} wrote of maps: float32 [pictures, height, width].
 * @throws SightlineError `bad-data` for a file that is damaged or something else
 */
export function readMaps(file: Uint8Array): { data: Float32Array; count: number; height: number; width: number } {
  const { data, shape } = readArray(file, 3, "maps");
  const [count, height, width] = shape;
  return { data, count, height, width };
}

/**
 * Reads what {@link writeShard} wrote of scores or features: float32 [pictures, length].
 * @throws SightlineError `bad-data` for a file that is damaged or something else
 */
export function readVectors(file: Uint8Array, what: "scores" | "features"): { data: Float32Array; length: number } {
  const { data, shape } = readArray(file, 2, what);
  return { data, length: shape[1] };
}

/** Thumbnails on one sheet as WebP; grey where there is none. */
export function thumbnailSheet(thumbnails: readonly (Uint8Array | undefined)[]): Promise<Uint8Array> {
  const rows = Math.ceil(thumbnails.length / SHEET_COLUMNS);
  const width = SHEET_COLUMNS * THUMBNAIL;
  const sheet = new Uint8Array(width * rows * THUMBNAIL * 3).fill(238);
  thumbnails.forEach((thumbnail, i) => {
    if (!thumbnail) return;
    const left = (i % SHEET_COLUMNS) * THUMBNAIL;
    const top = Math.floor(i / SHEET_COLUMNS) * THUMBNAIL;
    for (let y = 0; y < THUMBNAIL; y++) {
      sheet.set(thumbnail.subarray(y * THUMBNAIL * 3, (y + 1) * THUMBNAIL * 3), ((top + y) * width + left) * 3);
    }
  });
  return pictures.encode({ data: sheet, width, height: rows * THUMBNAIL }, { format: "webp", quality: 80, effort: 1 });
}
