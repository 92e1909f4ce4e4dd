import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SightlineError } from "../../core/errors.js";
import type { AuditManifest } from "../manifest.js";
import { sql } from "../servers/duckdb.js";
import { isDraft, writeDurably } from "./folder-storage.js";
import { shardFiles } from "./shard.js";

/** Puts the shards' rows together, in order, as one Parquet file. */
export async function mergeRows(folder: string, { shards, pictures }: AuditManifest): Promise<void> {
  const files = Array.from({ length: shards }, (_, index) => join(folder, shardFiles(index).rows));
  await writeDurably(join(folder, "results.parquet"), async (draft) => {
    await sql(
      `copy (select * from all_rows order by shard, map_row) to '${draft.replaceAll("'", "''")}' (format parquet)`,
      [],
      [{ name: "all_rows", files }],
    );
    const [{ count }] = await sql("select count(*) as count from merged", [], [{ name: "merged", files: [draft] }]);
    if (count !== pictures) {
      throw new SightlineError("audit-failed", `${count} rows for ${pictures} pictures`, {
        next: "run the audit in another folder",
      });
    }
  });
}

/** Removes the drafts of interrupted writes. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const part of [".", "rows", "maps", "thumbnails"]) {
    const names = await readdir(join(folder, part)).catch(() => [] as string[]);
    await Promise.all(names.filter(isDraft).map((name) => rm(join(folder, part, name), { force: true })));
  }
}
