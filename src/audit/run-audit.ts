import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import { hasIndependentLabels } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import { plural } from "../render/format.js";
import { Audit } from "./audit.js";
import { type Search, writeFindings } from "./findings.js";
import { inspectPictures } from "./hygiene/hygiene.js";
import { labelReport } from "./labels/label-measures.js";
import { removeLabelsFile, writeLabelsFile } from "./labels/labels-file.js";
import type { AuditOptions } from "./options.js";
import { planAudit } from "./plan.js";
import { reportHtml } from "./report/report.js";
import { savedSlices } from "./saved-slices.js";
import { distributeShards } from "./servers/queue/distribute.js";
import { mergeRows } from "./shards/merge-rows.js";
import { runShards } from "./shards/run-shards.js";
import { SHARD_FOLDERS } from "./shards/shard.js";
import type { Storage } from "./shards/storage.js";
import { clustersFile } from "./shortcuts/clusters-file.js";
import { findShortcuts } from "./shortcuts/find-shortcuts.js";
import { shortcutFindings } from "./shortcuts/shortcut-findings.js";
import { readSlices, writeSlices } from "./slices.js";

const FEWEST_FOR_SHORTCUTS = 40;

/** Where files of an audit are written. */
const PARTS = [".", ...SHARD_FOLDERS];

/** What is behind the `audit` of index.ts. */
export async function audit(model: Model, source: string | readonly string[], options: AuditOptions): Promise<Audit> {
  const plan = await planAudit(model, source, options);
  const { queue } = options;
  await (queue === undefined ? runShards(model, plan, options) : distributeShards(model, plan, { ...options, queue }));
  await mergeRows(plan, options.out);
  for (const part of PARTS) await files.removeDrafts(files.join(options.out, part));
  const result = new Audit(options.out, plan.manifest);
  const { storage } = plan;
  const search = shortcutSearch(options.shortcuts, plan.items.length);
  const withoutPlace = typeof options.shortcuts === "object" && options.shortcuts.withoutPlace === true;
  const shortcuts = search.looked
    ? await findShortcuts(model, result, { withoutPlace, signal: options.signal })
    : undefined;
  if (shortcuts) await storage.write("clusters.parquet", clustersFile(shortcuts));
  else await storage.remove("clusters.parquet");
  const independent = hasIndependentLabels(model.info);
  const hygiene = await inspectPictures(result, model.labels, storage, { independent, signal: options.signal });
  if (independent) await measureLabels(result, model.labels, storage, options.signal);
  else await removeLabelsFile(storage);
  const flagged = {
    searches: [search, propertySearch(search, withoutPlace, shortcuts?.notes), ...hygiene.searches],
    findings: [...(shortcuts ? shortcutFindings(shortcuts) : []), ...hygiene.findings],
  };
  await writeFindings(storage, flagged);
  if (options.slices !== undefined) await adoptSlices(options.slices, storage);
  await storage.write("report.html", await reportHtml({ audit: result, shortcuts, flagged, storage }));
  return result;
}

/** What each independent label is worth, and what is seen in its place. */
async function measureLabels(
  result: Audit,
  names: readonly string[],
  storage: Storage,
  signal?: AbortSignal,
): Promise<void> {
  const report = await labelReport({ query: (statement) => result.query(statement), storage, labels: names, signal });
  await writeLabelsFile(storage, { names, report });
}

function shortcutSearch(shortcuts: AuditOptions["shortcuts"], pictures: number): Search {
  const asked = typeof shortcuts === "object" ? undefined : shortcuts;
  const looked = asked ?? pictures >= FEWEST_FOR_SHORTCUTS;
  const why =
    asked === false
      ? "it was not asked for"
      : `${plural(pictures, "picture")}, and it begins at ${FEWEST_FOR_SHORTCUTS}`;
  return { of: "shortcuts", looked, note: looked ? "regions cut out and pasted on other pictures" : why };
}

function propertySearch({ looked, note }: Search, asked: boolean, notes: readonly string[] = []): Search {
  if (looked && asked) {
    return { of: "property-shortcuts", looked, note: [PROPERTIES_GIVEN, ...notes].join("; ") };
  }
  return { of: "property-shortcuts", looked: false, note: looked ? "it was not asked for" : note };
}

const PROPERTIES_GIVEN =
  "brightness, colour cast, blur, JPEG quality, size, frame, background and texture that tell a class, given to other pictures";

/** Takes over the slices of an earlier audit; this audit's slices of the same names stay. */
async function adoptSlices(from: string, storage: Storage): Promise<void> {
  const [earlier, current] = [await savedSlices(from), await readSlices(storage)];
  if (earlier.length === 0) {
    throw new SightlineError("file-not-found", `no slices in ${from}`, {
      expected: "the folder of an audit with slices",
    });
  }
  const names = new Set(current.map(({ name }) => name));
  await writeSlices(storage, [...earlier.filter(({ name }) => !names.has(name)), ...current]);
}
