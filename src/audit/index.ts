import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SightlineError } from "../errors.js";
import type { Model } from "../model/types.js";
import { type AuditManifest, type AuditOptions, planAudit, readItems, readManifest, runShards } from "./audit.js";
import { type Row, sql } from "./duck.js";
import { distributeShards } from "./queue.js";
import { reportHtml } from "./report.js";
import type { AuditRow } from "./row.js";
import { readMaps, shardFiles } from "./shard.js";
import { findShortcuts } from "./shortcuts.js";
import { folderStorage, isDraft, writeDurably } from "./storage.js";

export type { AuditManifest, AuditOptions, AuditProgress } from "./audit.js";
export type { Row } from "./duck.js";
export { type WorkEvent, type WorkOptions, workOnAudits } from "./queue.js";
export { type AuditRow, auditColumns } from "./row.js";
export { findShortcuts, type Shortcut, type ShortcutOptions, type ShortcutReport } from "./shortcuts.js";

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
  const shortcuts =
    (options.shortcuts ?? plan.items.length >= FEWEST_FOR_SHORTCUTS)
      ? await findShortcuts(model, result, { signal: options.signal })
      : undefined;
  const rows = (await result.query("select * from results")) as unknown as AuditRow[];
  const parts = { manifest: plan.manifest, rows, shortcuts, storage: plan.storage };
  await plan.storage.write("report.html", await reportHtml(parts));
  return result;
}

const FEWEST_FOR_SHORTCUTS = 40;

/**
 * Opens a finished audit.
 * @throws SightlineError `file-not-found` where there is none, `audit-failed` where it is not finished
 */
export async function openAudit(folder: string): Promise<Audit> {
  const storage = folderStorage(folder);
  const bytes = await storage.read("audit.json");
  if (!bytes)
    throw new SightlineError("file-not-found", `${folder} holds no audit`, { expected: "a folder with audit.json" });
  if (!(await storage.list(".")).includes("results.parquet")) {
    throw new SightlineError("audit-failed", `the audit in ${folder} is not finished`, {
      next: "run it again: it goes on where it was",
    });
  }
  return new Audit(folder, readManifest(bytes));
}

/** A finished audit. */
export class Audit {
  constructor(
    readonly folder: string,
    readonly manifest: AuditManifest,
  ) {}

  /** Rows of an SQL query over the table `results` (DuckDB's dialect). @throws SightlineError `bad-data` */
  query(statement: string, parameters: readonly (string | number)[] = []): Promise<Row[]> {
    return sql(statement, parameters, [{ name: "results", files: [join(this.folder, "results.parquet")] }]);
  }

  /** The pictures in the order of the results' shards. */
  pictures() {
    return readItems(folderStorage(this.folder));
  }

  /** The map of a row, raw, at the method's own resolution; undefined for a picture that could not be looked at. */
  async map(row: {
    shard: number;
    map_row: number;
  }): Promise<{ data: Float32Array; height: number; width: number } | undefined> {
    const file = await folderStorage(this.folder).read(shardFiles(row.shard).maps);
    if (!file) return undefined;
    const { data, height, width } = readMaps(file);
    const size = height * width;
    const map = data.slice(row.map_row * size, (row.map_row + 1) * size);
    return map.length === 0 || Number.isNaN(map[0]) ? undefined : { data: map, height, width };
  }
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
