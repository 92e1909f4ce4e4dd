import type { Audit } from "../audit/audit.js";
import { checkAuditedModel } from "../audit/check-audited-model.js";
import { THUMBNAIL } from "../audit/pictures/thumbnail.js";
import type { AuditRow } from "../audit/row.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import { thumbnailCutter } from "../audit/shards/thumbnail-cutter.js";
import type { CaseAnswer } from "../explain/cases.js";
import { explain } from "../explain/explain.js";
import { splitLabels } from "../explain/truth-text.js";
import type { MethodName } from "../methods/registry.js";
import type { Model } from "../model/types.js";
import { plural } from "../render/format.js";
import type { ShownCase } from "./shown-case.js";

/** An audit's pictures as cases. */
export interface AuditCases {
  readonly cases: readonly ShownCase[];
  /** Every label that is an answer or a truth. */
  readonly labels: readonly string[];
  /** What is left out, in a sentence; empty when nothing is. */
  readonly leftOut: string;
}

/**
 * The pictures of an audit that have an answer, in its order.
 * @param model explains the pictures that are opened
 * @throws SightlineError `bad-config` for a model that is not the audited one
 */
export async function auditCases(audit: Audit, model: Model | undefined): Promise<AuditCases> {
  if (model) await checkAuditedModel(audit, model);
  const rows = (await audit.query("select * from results order by shard, map_row")) as unknown as AuditRow[];
  const answered = rows.filter(({ prediction }) => prediction !== null);
  const labels = new Set(answered.flatMap(({ prediction, second }) => [prediction ?? [], second ?? []].flat()));
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const cut = thumbnailCutter(folderStorage(audit.folder));
  const cases: ShownCase[] = [];
  for (const row of answered) {
    const data = (await cut(row)) ?? new Uint8Array(THUMBNAIL * THUMBNAIL * 3).fill(238);
    cases.push({
      name: row.path,
      image: { data, width: THUMBNAIL, height: THUMBNAIL },
      predictions: answersOf(row, labels),
      concentration: row.concentration,
      ...(row.truth !== null && { truth: row.truth }),
      ...(model && { explain: (signal) => explainAgain(audit, model, files.get(row.path) ?? row.path, signal) }),
    });
  }
  const truths = answered.flatMap(({ truth }) => splitLabels(truth ?? "", (label) => labels.has(label)));
  const missing = rows.length - answered.length;
  return {
    cases,
    labels: [...new Set([...labels, ...truths])].sort(),
    leftOut: missing > 0 ? `${plural(missing, "picture")} without an answer left out.` : "",
  };
}

/** The answers that decide a picture's case: the first two, and the truth. */
function answersOf(row: AuditRow, labels: ReadonlySet<string>): CaseAnswer[] {
  const first = { label: row.prediction ?? "", probability: row.probability ?? 0 };
  const second = row.second === null ? [] : [{ label: row.second, probability: row.second_probability ?? 0 }];
  const known = [first, ...second];
  const truths = splitLabels(row.truth ?? "", (label) => labels.has(label));
  if (row.truth_probability === null || known.some(({ label }) => truths.includes(label))) return known;
  return [...known, { label: truths[0], probability: row.truth_probability }];
}

async function explainAgain({ manifest }: Audit, model: Model, file: string, signal: AbortSignal) {
  const { method, preset, seed, options, decode } = manifest.settings;
  const prepared = await model.prepare(file, { decode, signal });
  return explain(model, prepared, { ...options, method: method as MethodName, preset, seed, signal } as never);
}
