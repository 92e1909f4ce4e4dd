import { closest, SightlineError } from "../../core/errors.js";
import type { ParquetTable } from "../../platform/sql.js";
import { readItems } from "../manifest.js";
import { folderStorage } from "../shards/folder-storage.js";
import { numberOf } from "../shards/shard.js";
import { clusterPictures } from "../slices.js";
import { type Ranges, rangesOf } from "./ranges.js";
import type { PictureChoice } from "./types.js";

/**
 * Numbers of the pictures for which a condition holds, found in a process that sees the audit's tables and nothing else.
 * @throws SightlineError `bad-data` for a condition that is no SQL
 */
export async function numbersWhere(tables: readonly ParquetTable[], where: string): Promise<number[]> {
  const { sealedSql } = await import("../servers/sealed-sql.js");
  const rows = await sealedSql(`select shard, map_row from results where (${where}\n)`, [], tables);
  return rows.map(({ shard, map_row }) => numberOf(Number(shard), Number(map_row)));
}

/** @throws SightlineError `bad-config` for a choice of no picture, or of one that the audit has not; `bad-data` */
export async function chosenPictures(
  folder: string,
  tables: readonly ParquetTable[],
  { where, cluster, pictures }: PictureChoice,
): Promise<Ranges> {
  if ([where, cluster, pictures].filter((choice) => choice !== undefined).length !== 1) {
    throw new SightlineError("bad-config", "which pictures is not clear", {
      expected: "one of where, cluster and pictures",
    });
  }
  const chosen =
    where !== undefined
      ? await numbersWhere(tables, where)
      : await numbersOfPaths(folder, cluster !== undefined ? await clusterPictures(tables, cluster) : (pictures ?? []));
  if (chosen.length > 0) return rangesOf(chosen);
  throw new SightlineError("bad-config", "no picture is chosen", { received: where ?? pictures });
}

async function numbersOfPaths(folder: string, paths: readonly string[]): Promise<number[]> {
  const items = await readItems(folderStorage(folder));
  const places = new Map<string, number[]>();
  for (const [place, { path }] of items.entries()) places.set(path, [...(places.get(path) ?? []), place]);
  return paths.flatMap((path) => {
    const found = places.get(path);
    if (found) return found;
    throw new SightlineError("bad-config", `the audit has no picture '${path}'`, {
      received: path,
      next: closest(path, [...places.keys()], 3).join(", "),
    });
  });
}
