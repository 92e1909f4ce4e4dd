import type { Model } from "../model/types.js";
import { Audit } from "./audit.js";
import type { AuditComparison, CompareAuditsOptions } from "./compare-audits.js";
import type { AuditOptions } from "./options.js";
import type { WorkOptions } from "./servers/queue/work.js";
import type { ShortcutOptions, ShortcutReport } from "./shortcuts/types.js";

export type { Row } from "../platform/sql.js";
export type { Deed, PictureChoice, PictureNote, PictureTag } from "./annotations/types.js";
export { Audit } from "./audit.js";
export type {
  AuditComparison,
  CompareAuditsOptions,
  FindingChanges,
  PictureAnswer,
  PictureChange,
  SliceChange,
} from "./compare-audits.js";
export type { Finding, FindingKind, Measured, Search } from "./findings.js";
export type { DuplicateGroup, HygieneRow, LabelIssue } from "./hygiene/types.js";
export type { LabelCounts, LabelExchange, LabelTally } from "./labels/label-counts.js";
export type { LabelMeasure, LabelMeasures } from "./labels/label-measures.js";
export type { AuditManifest } from "./manifest.js";
export type { Calibration, CalibrationBin, CalibrationMeasures, ClassCalibration } from "./measures/calibration.js";
export type { Accuracy, ClassAccuracy, Confusion, ConfusionCell } from "./measures/confusion.js";
export type { AuditOptions, AuditProgress } from "./options.js";
export type { ProofExample, ProofSide, ShortcutProof } from "./proofs/types.js";
export { type AuditRow, auditColumns } from "./row.js";
export type { WorkEvent, WorkOptions } from "./servers/queue/work.js";
export type { PropertyName } from "./shortcuts/properties/property-name.js";
export type {
  ClusterPoint,
  MovingShortcut,
  PropertyShortcut,
  Shortcut,
  ShortcutOptions,
  ShortcutReport,
} from "./shortcuts/types.js";
export type { Slice, SliceMeasures, SliceResult } from "./slices.js";
export type { AuditItem } from "./sources/item.js";
export type { MapPlace, SliceChoice, StoredMap } from "./types.js";

// What an audit works with is loaded when there is one.

/**
 * Examines every picture of a folder, a CSV or Parquet list or a glob, and stores the results in `options.out`:
 * `results.parquet` (one row per picture), maps at their native resolution, thumbnails, `audit.json`. Killed at any
 * moment, it resumes when it is called again. Of several sources, each is a split: a picture that is in two of them is a leak.
 * @example
 * const result = await audit(model, "photos/", { out: "audit/", truth: "folders", method: "recipro-cam" });
 * await result.query(`select "case", count(*) as pictures from results group by 1 order by 2 desc`);
 * @throws SightlineError `file-not-found`, `bad-config`, `unknown-method`, `write-failed`, `aborted`, …
 */
export async function audit(model: Model, source: string | readonly string[], options: AuditOptions): Promise<Audit> {
  return (await import("./run-audit.js")).audit(model, source, options);
}

/**
 * Opens a finished audit.
 * @example
 * const result = await openAudit("audit/");
 * await result.query("select path, probability from results where not correct order by probability desc limit 20");
 * @throws SightlineError `file-not-found` where there is none, `audit-failed` where it is not finished
 */
export async function openAudit(folder: string): Promise<Audit> {
  const { readFinished } = await import("./stored-audit.js");
  return new Audit(folder, await readFinished(folder));
}

/**
 * Which predictions and which maps changed from one audit to another, and whether the tests of their slices still hold.
 * Pictures are matched by path; those whose path is in one audit alone, by their content.
 * @example
 * const { predictions, holds } = await compareAudits(await openAudit("audit-1"), await openAudit("audit-2"));
 * @throws SightlineError `bad-data`, `bad-config` for what is no audit, `aborted`
 */
export async function compareAudits(
  before: Audit,
  after: Audit,
  options: CompareAuditsOptions = {},
): Promise<AuditComparison> {
  return (await import("./compare-audits.js")).compareAudits(before, after, options);
}

/**
 * Looks for shortcuts ("Clever Hans"): maps are clustered as in SpRAy, each group of one cluster and one predicted
 * class is asked where its evidence concentrates, and that region is cut out and pasted onto pictures of other classes.
 * A region is flagged when it holds much of the evidence **and** turns other pictures into the class, which the same
 * region of other pictures does not. Classes without such a region are asked whether their pictures have one thing in
 * common that is elsewhere in each, see {@link MovingShortcut}. With `withoutPlace` it also asks which properties of whole
 * pictures tell a class from others, and gives them to other pictures, see {@link PropertyShortcut}.
 * @example
 * const { groups } = await findShortcuts(model, await openAudit("audit/"), { seed: 0 });
 * groups.length;                                              // most suspicious first
 */
export async function findShortcuts(
  model: Model,
  audit: Audit,
  options: ShortcutOptions = {},
): Promise<ShortcutReport> {
  return (await import("./shortcuts/find-shortcuts.js")).findShortcuts(model, audit, options);
}

/**
 * Takes shards of audits of this model from a queue until the signal fires, which lets begun shards finish. Any
 * number of machines may do so; a shard of one that dies or falls silent is retried by another, and what both store is
 * the same.
 * @returns how many shards were done
 * @throws SightlineError `not-installed`, `queue-failed`, `bad-config`
 */
export async function workOnAudits(model: Model, options: WorkOptions): Promise<number> {
  return (await import("./servers/queue/work.js")).workOnAudits(model, options);
}
