import { SightlineError } from "../../core/errors.js";
import type { Audit } from "../audit.js";
import { projected, randomDirections } from "../measures/random-directions.js";
import { arrayFile, readArray } from "../shards/array-file.js";
import { folderStorage } from "../shards/folder-storage.js";
import { readMaps, readVectors, SHARD, shardFiles } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import { coarse, evidenceOf } from "../shortcuts/evidence.js";
import { threadAnswer } from "../thread-answer.js";
import { FITTED, type LayoutRequest } from "./lay-out.js";
import type { LayoutKind, PictureLayout } from "./types.js";

/** Longer features are projected on so many random directions, so that memory stays flat. */
const DIRECTIONS = 48;

/**
 * Where the pictures of an audit lie by what the model sees in them or by where it looks. Made when it is asked for first,
 * and kept in the audit's folder.
 * @throws SightlineError `bad-data` where the audit has no features, `write-failed`, `aborted`
 */
export async function pictureLayout(
  { folder, manifest }: Audit,
  by: LayoutKind,
  signal?: AbortSignal,
): Promise<PictureLayout> {
  const storage = folderStorage(folder);
  const { seed } = manifest.settings;
  const name = `layouts/${by}-${manifest.picturesSha256.slice(0, 16)}.npy`;
  const kept = await storage.read(name);
  const rows = kept ? readArray(kept, 2, "layouts").data : await made();
  const ids = Int32Array.from({ length: rows.length / 3 }, (_, i) => rows[3 * i]);
  const places = Float32Array.from({ length: 2 * ids.length }, (_, i) => rows[3 * (i >> 1) + 1 + (i & 1)]);
  return { ids, places, note: noteOf(by, ids.length, seed) };

  async function made(): Promise<Float32Array> {
    const found = await vectorsOf(storage, by, manifest.shards, seed);
    const request: LayoutRequest = { rows: found.rows, length: found.length, seed };
    const placed = await threadAnswer<Float32Array>("audit/layout/layout-worker", request, signal);
    const lines = found.ids.map((id, i) => Float32Array.of(id, placed[2 * i], placed[2 * i + 1]));
    await storage.write(name, arrayFile(lines, [3]));
    return Float32Array.from(lines.flatMap((line) => [...line]));
  }
}

function noteOf(by: LayoutKind, count: number, seed: number): string {
  const what =
    by === "features"
      ? `what the last layer reads, at length 1, on at most ${DIRECTIONS} random directions`
      : "the positive evidence of the maps on a grid of 8 × 8, at length 1";
  const rest = count > FITTED ? ` of ${FITTED.toLocaleString("en")} pictures, the others among their nearest` : "";
  return `UMAP of ${what}${rest}; seed ${seed}. Neighbours are alike; distances between far ones mean little.`;
}

/** What pictures are laid out by. */
export interface Vectors {
  readonly ids: readonly number[];
  readonly rows: Float32Array;
  readonly length: number;
}

/** A vector for each picture that has one, shard by shard. */
export async function vectorsOf(storage: Storage, by: LayoutKind, shards: number, seed: number): Promise<Vectors> {
  const ids: number[] = [];
  const rows: Float32Array[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const found = by === "features" ? await features(storage, shard, seed) : await evidence(storage, shard);
    found.forEach((row, i) => {
      if (!row) return;
      ids.push(shard * SHARD + i);
      rows.push(row);
    });
  }
  if (rows.length === 0) {
    throw new SightlineError("bad-data", `the audit has no ${by} to lay pictures out by`, {
      next: by === "features" ? "lay them out by maps" : "run the audit again",
    });
  }
  const length = rows[0].length;
  const all = new Float32Array(rows.length * length);
  for (const [i, row] of rows.entries()) all.set(row, i * length);
  return { ids, rows: all, length };
}

async function evidence(storage: Storage, shard: number): Promise<(Float32Array | undefined)[]> {
  const file = await storage.read(shardFiles(shard).maps);
  if (!file) return [];
  const { data, count, height, width } = readMaps(file);
  return Array.from({ length: count }, (_, i) => {
    const map = data.subarray(i * height * width, (i + 1) * height * width);
    return map.length === 0 || Number.isNaN(map[0])
      ? undefined
      : unit(coarse(evidenceOf({ data: map, height, width })));
  });
}

async function features(storage: Storage, shard: number, seed: number): Promise<(Float32Array | undefined)[]> {
  const file = await storage.read(shardFiles(shard).features);
  if (!file) return [];
  const { data, length } = readVectors(file, "features");
  if (length === 0) return [];
  const directions = length > DIRECTIONS ? randomDirections(length, DIRECTIONS, seed) : undefined;
  return Array.from({ length: data.length / length }, (_, i) => {
    const row = data.subarray(i * length, (i + 1) * length);
    if (Number.isNaN(row[0])) return undefined;
    return directions ? projected(unit(row), directions) : unit(row);
  });
}

/** A row at length 1, as directions are compared; one of zeros stays. */
function unit(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
  return row.map((value) => value / length);
}
