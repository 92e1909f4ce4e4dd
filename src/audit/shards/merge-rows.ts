import { files } from "#platform/files";
import { tables } from "#platform/sql";
import { SightlineError } from "../../core/errors.js";
import type { AuditManifest } from "../manifest.js";
import { sql } from "../sql.js";
import { writing } from "./folder-storage.js";
import { shardFiles } from "./shard.js";

/** Puts the shards' rows together, in order, as one Parquet file. */
export async function mergeRows(folder: string, manifest: AuditManifest): Promise<void> {
  const path = files.join(folder, "results.parquet");
  await writing(path, () => files.writeFileAtomic(path, (draft) => merge(folder, manifest, draft)));
}

async function merge(folder: string, { shards, pictures }: AuditManifest, draft: string): Promise<void> {
  const rows = Array.from({ length: shards }, (_, index) => files.join(folder, shardFiles(index).rows));
  await tables.merge(rows, ["shard", "map_row"], draft);
  const [{ count }] = await sql("select count(*) as count from merged", [], [{ name: "merged", files: [draft] }]);
  if (count !== pictures) {
    throw new SightlineError("audit-failed", `${count} rows for ${pictures} pictures`, {
      next: "run the audit in another folder",
    });
  }
}
