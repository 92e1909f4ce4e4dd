import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import type { Model } from "../model/types.js";
import { Audit } from "./audit.js";
import { writeFindings } from "./findings.js";
import type { AuditOptions } from "./options.js";
import { planAudit } from "./plan.js";
import { reportHtml } from "./report/report.js";
import { distributeShards } from "./servers/queue/distribute.js";
import { folderStorage } from "./shards/folder-storage.js";
import { mergeRows } from "./shards/merge-rows.js";
import { runShards } from "./shards/run-shards.js";
import type { Storage } from "./shards/storage.js";
import { clustersFile } from "./shortcuts/clusters-file.js";
import { findShortcuts } from "./shortcuts/find-shortcuts.js";
import { readSlices, writeSlices } from "./slices.js";

const FEWEST_FOR_SHORTCUTS = 40;

/** Where files of an audit are written. */
const PARTS = [".", "rows", "maps", "thumbnails"];

/** What is behind the `audit` of index.ts. */
export async function audit(model: Model, source: string, options: AuditOptions): Promise<Audit> {
  const plan = await planAudit(model, source, options);
  const { queue } = options;
  await (queue === undefined ? runShards(model, plan, options) : distributeShards(model, plan, { ...options, queue }));
  await mergeRows(options.out, plan.manifest);
  for (const part of PARTS) await files.removeDrafts(files.join(options.out, part));
  const result = new Audit(options.out, plan.manifest);
  const { storage } = plan;
  const shortcuts =
    (options.shortcuts ?? plan.items.length >= FEWEST_FOR_SHORTCUTS)
      ? await findShortcuts(model, result, { signal: options.signal })
      : undefined;
  if (shortcuts) await storage.write("clusters.parquet", clustersFile(shortcuts));
  else await storage.remove("clusters.parquet");
  await writeFindings(storage, shortcuts);
  if (options.slices !== undefined) await adoptSlices(options.slices, storage);
  await storage.write("report.html", await reportHtml({ audit: result, shortcuts, storage }));
  return result;
}

/** Takes over the slices of an earlier audit; this audit's slices of the same names stay. */
async function adoptSlices(from: string, storage: Storage): Promise<void> {
  if (!(await files.stat(files.join(from, "slices.json")))) {
    throw new SightlineError("file-not-found", `no slices in ${from}`, { expected: "a folder with slices.json" });
  }
  const [earlier, current] = [await readSlices(folderStorage(from)), await readSlices(storage)];
  const names = new Set(current.map(({ name }) => name));
  await writeSlices(storage, [...earlier.filter(({ name }) => !names.has(name)), ...current]);
}
