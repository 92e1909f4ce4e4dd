import { files } from "#platform/files";
import { tables } from "#platform/sql";
import { SightlineError } from "../../core/errors.js";
import type { AuditManifest } from "../manifest.js";
import type { AuditPlan } from "../plan.js";
import { type AuditColumn, parquetOf } from "../row.js";
import { sql } from "../sql.js";
import { writing } from "./folder-storage.js";
import { SHARD, shardFiles } from "./shard.js";

/** Where the further columns lie until they are part of the results. */
const FURTHER = "further.parquet";
const PLACE = ["shard", "map_row"];

/** Puts the shards' rows together, in order, as one Parquet file. @param further columns with a value for each of them */
export async function mergeRows({ manifest, further, storage }: AuditPlan, folder: string): Promise<void> {
  const path = files.join(folder, "results.parquet");
  if (further.length > 0) await storage.write(FURTHER, await parquetOf([...places(manifest.pictures), ...further]));
  const beside = further.length > 0 ? files.join(folder, FURTHER) : undefined;
  await writing(path, () => files.writeFileAtomic(path, (draft) => merge(folder, manifest, draft, beside)));
  await storage.remove(FURTHER);
}

/** Where each picture is stored. */
function places(pictures: number): AuditColumn[] {
  const numbers = Array.from({ length: pictures }, (_, i) => i);
  return [
    { name: "shard", type: "INT32", data: numbers.map((i) => Math.floor(i / SHARD)) },
    { name: "map_row", type: "INT32", data: numbers.map((i) => i % SHARD) },
  ];
}

async function merge(
  folder: string,
  { shards, pictures }: AuditManifest,
  draft: string,
  further: string | undefined,
): Promise<void> {
  const rows = Array.from({ length: shards }, (_, index) => files.join(folder, shardFiles(index).rows));
  await tables.merge(rows, PLACE, draft, further);
  const [{ count }] = await sql("select count(*) as count from merged", [], [{ name: "merged", files: [draft] }]);
  if (count !== pictures) {
    throw new SightlineError("audit-failed", `${count} rows for ${pictures} pictures`, {
      next: "run the audit in another folder",
    });
  }
}
