import { pictures } from "#platform/pictures";
import { SightlineError } from "../../core/errors.js";
import type { Examined } from "../pictures/examine.js";
import { THUMBNAIL } from "../pictures/thumbnail.js";
import { type AuditRow, columnsOf } from "../row.js";
import type { Storage } from "./storage.js";

/** Pictures that are stored together: one Parquet file of rows, one array of maps, one sheet of thumbnails. */
export const SHARD = 64;
export const SHEET_COLUMNS = 8;

/** Names of a shard's files. The rows are written last: a shard whose rows are there is whole. */
export function shardFiles(index: number): { rows: string; maps: string; thumbnails: string } {
  const name = String(index).padStart(6, "0");
  return { rows: `rows/${name}.parquet`, maps: `maps/${name}.npy`, thumbnails: `thumbnails/${name}.webp` };
}

/** Writes a shard, its rows last. Byte for byte the same for the same pictures, model and options. */
export async function writeShard(storage: Storage, index: number, examined: readonly Examined[]): Promise<void> {
  const files = shardFiles(index);
  const rows: AuditRow[] = examined.map(({ row }, i) => ({ ...row, shard: index, map_row: i }));
  await storage.write(files.maps, mapsFile(examined));
  await storage.write(files.thumbnails, await thumbnailSheet(examined.map(({ thumbnail }) => thumbnail)));
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  await storage.write(files.rows, new Uint8Array(parquetWriteBuffer({ columnData: columnsOf(rows) })));
}

/** Maps at their native resolution as a NumPy array, float32 [pictures, height, width]; NaN where there is no map. */
function mapsFile(examined: readonly Examined[]): Uint8Array {
  const first = examined.find(({ map }) => map)?.map;
  const [height, width] = first ? [first.height, first.width] : [0, 0];
  const values = new Float32Array(examined.length * height * width).fill(Number.NaN);
  examined.forEach(({ map }, i) => {
    if (map?.height === height && map.width === width) values.set(map.data, i * height * width);
  });
  const shape = `(${examined.length}, ${height}, ${width})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11);
  const length = new Uint8Array(Uint16Array.of(header.length + 1).buffer);
  const head = [
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    ...length,
    ...new TextEncoder().encode(`${header}\n`),
  ];
  const file = new Uint8Array(head.length + values.byteLength);
  file.set(head);
  file.set(new Uint8Array(values.buffer), head.length);
  return file;
}

/** Bytes before the header of a NumPy file: its magic number, version and the header's length. */
const PREAMBLE = 10;

/**
 * Reads what {@link writeShard} wrote of maps: float32 [pictures, height, width].
 * @throws SightlineError `bad-data` for a file that is damaged or something else
 */
export function readMaps(file: Uint8Array): { data: Float32Array; count: number; height: number; width: number } {
  const start = PREAMBLE + ((file[8] ?? 0) | ((file[9] ?? 0) << 8));
  const text = (from: number, to: number) => new TextDecoder("latin1").decode(file.subarray(from, to));
  const header = text(PREAMBLE, start);
  const known =
    text(1, 6) === "NUMPY" && header.includes("'descr': '<f4'") && header.includes("'fortran_order': False");
  const shape = known ? /'shape': \((\d+), (\d+), (\d+)\)/.exec(header)?.slice(1).map(Number) : undefined;
  const [count, height, width] = shape ?? [];
  if (!shape || file.length !== start + 4 * count * height * width) {
    throw new SightlineError("bad-data", "the audit's maps are damaged", {
      received: shape
        ? `${file.length - start} bytes of [${shape.join(", ")}] maps`
        : "no float32 array [n, rows, columns]",
      expected: "the .npy file that the audit wrote",
      next: "run the audit again with its rows of this shard removed",
    });
  }
  return { data: new Float32Array(file.slice(start).buffer), count, height, width };
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
