import { readVectors, shardFiles } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import type { HygienePicture } from "./types.js";

/** Scores or features of pictures, in their order; one file in memory at a time. Empty where the audit has none. */
export async function* storedVectors(
  storage: Storage,
  pictures: readonly HygienePicture[],
  what: "scores" | "features",
): AsyncGenerator<Float32Array> {
  let shown: { shard: number; data: Float32Array; length: number } | undefined;
  for (const { shard, map_row } of pictures) {
    if (shown?.shard !== shard) {
      const file = await storage.read(shardFiles(shard)[what]);
      shown = { shard, ...(file ? readVectors(file, what) : { data: new Float32Array(), length: 0 }) };
    }
    const { data, length } = shown;
    yield data.subarray(map_row * length, (map_row + 1) * length);
  }
}
