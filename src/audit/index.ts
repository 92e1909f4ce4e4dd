import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { SightlineError } from "../core/errors.js";
import type { Model } from "../model/types.js";
import { Audit } from "./audit.js";
import { sql } from "./duckdb.js";
import { distributeShards } from "./queue.js";
import { reportHtml } from "./report.js";
import { type AuditManifest, type AuditOptions, planAudit, runShards } from "./run-audit.js";
import { shardFiles } from "./shard.js";
import { findShortcuts, type ShortcutReport } from "./shortcuts.js";
import { readSlices, writeSlices } from "./slices.js";
import { folderStorage, isDraft, type Storage, writeDurably } from "./storage.js";

export { Audit, type MapPlace, openAudit, type SliceChoice, type StoredMap } from "./audit.js";
export {
  type AuditComparison,
  type CompareAuditsOptions,
  compareAudits,
  type PictureAnswer,
  type PictureChange,
  type SliceChange,
} from "./compare-audits.js";
export type { Row } from "./duckdb.js";
export { type WorkEvent, type WorkOptions, workOnAudits } from "./queue.js";
export { type AuditRow, auditColumns } from "./row.js";
export type { AuditManifest, AuditOptions, AuditProgress } from "./run-audit.js";
export {
  type ClusterPoint,
  findShortcuts,
  type Shortcut,
  type ShortcutOptions,
  type ShortcutReport,
} from "./shortcuts.js";
export type { Slice, SliceMeasures, SliceResult } from "./slices.js";

/**
 * Looks at every picture of a folder, a CSV or Parquet list or a glob, and stores what it finds in `options.out`:
 * `results.parquet` (one row a picture), maps at their native resolution, thumbnails, `audit.json`. Killed at any
 * moment, it goes on where it was when it is called again.
 * @example
 * const result = await audit(model, "photos/", { out: "audit/", truth: "folders" });
 * await result.query(`select "case", count(*) as pictures from results group by 1 order by 2 desc`);
 * @throws SightlineError `file-not-found`, `bad-config`, `unknown-method`, `write-failed`, `aborted`, …
 */
export async function audit(model: Model, source: string, options: AuditOptions): Promise<Audit> {
  const plan = await planAudit(model, source, options);
  const { queue } = options;
  await (queue === undefined ? runShards(model, plan, options) : distributeShards(model, plan, { ...options, queue }));
  await mergeRows(options.out, plan.manifest);
  await sweep(options.out);
  const result = new Audit(options.out, plan.manifest);
  const { storage } = plan;
  const shortcuts =
    (options.shortcuts ?? plan.items.length >= FEWEST_FOR_SHORTCUTS)
      ? await findShortcuts(model, result, { signal: options.signal })
      : undefined;
  if (shortcuts) await storage.write("clusters.parquet", clustersFile(shortcuts));
  else await rm(join(options.out, "clusters.parquet"), { force: true });
  if (options.slices !== undefined) await adoptSlices(options.slices, storage);
  await storage.write("report.html", await reportHtml({ audit: result, shortcuts, storage }));
  return result;
}

const FEWEST_FOR_SHORTCUTS = 40;

/** Slices of an earlier audit; those that this audit has already of the same name stay. */
async function adoptSlices(from: string, storage: Storage): Promise<void> {
  if (!existsSync(join(from, "slices.json"))) {
    throw new SightlineError("file-not-found", `${from} holds no slices`, { expected: "a folder with slices.json" });
  }
  const [old, own] = [await readSlices(folderStorage(from)), await readSlices(storage)];
  const names = new Set(own.map(({ name }) => name));
  await writeSlices(storage, [...old.filter(({ name }) => !names.has(name)), ...own]);
}

function clustersFile({ points }: ShortcutReport): Uint8Array {
  const coordinate = (key: "x" | "y" | "u" | "v") => ({
    name: key,
    type: "DOUBLE" as const,
    data: points.map((point) => point[key]),
  });
  const path = { name: "path", type: "STRING" as const, data: points.map((point) => point.path) };
  const cluster = { name: "cluster", type: "INT32" as const, data: points.map((point) => point.cluster) };
  const columnData = [path, cluster, coordinate("x"), coordinate("y"), coordinate("u"), coordinate("v")];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** Puts the shards' rows together, in order, as one Parquet file. */
async function mergeRows(folder: string, { shards, pictures }: AuditManifest): Promise<void> {
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

/** Takes away what writes that were cut off have left behind. */
async function sweep(folder: string): Promise<void> {
  for (const part of [".", "rows", "maps", "thumbnails"]) {
    const names = await readdir(join(folder, part)).catch(() => [] as string[]);
    await Promise.all(names.filter(isDraft).map((name) => rm(join(folder, part, name), { force: true })));
  }
}
