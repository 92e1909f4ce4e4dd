import { checkKeys } from "../core/checks.js";
import { throwIfAborted } from "../core/errors.js";
import { yieldToEventLoop } from "../core/event-loop.js";
import { checkOptions } from "../core/options.js";
import { spearman } from "../core/ranks.js";
import { longWork, type Progress, type Work } from "../core/work.js";
import { resizeMap } from "../image/resize-map.js";
import type { Control } from "../model/types.js";
import type { ParquetTable } from "../platform/sql.js";
import type { Audit } from "./audit.js";
import { checkAudit } from "./check-audit.js";
import { type Finding, isSameFinding, type Search } from "./findings.js";
import { comparedTables, PAIRED, type Pair, pairedPictures } from "./paired-pictures.js";
import { savedSlices } from "./saved-slices.js";
import { measureSlices, type SliceResult } from "./slices.js";
import { sql } from "./sql.js";
import { auditTables } from "./stored-tables.js";
import type { StoredMap } from "./types.js";

/** Options of {@link compareAudits}. */
export interface CompareAuditsOptions extends Control {
  /** A map has changed from this rank correlation down. */
  mapCorrelation?: number;
  /** How many of the pictures have been compared. */
  onProgress?(progress: Progress): void;
}

/** What one audit says of a picture. */
export interface PictureAnswer {
  readonly prediction: string | null;
  readonly probability: number | null;
  readonly correct: boolean | null;
}

/** A picture in two audits. */
export interface PictureChange {
  readonly path: string;
  /** Its path in the later audit where that is another one: the picture was matched by its content. */
  readonly laterPath: string | null;
  readonly before: PictureAnswer;
  readonly after: PictureAnswer;
  /** Spearman's correlation of the two maps, at the finer one's resolution; null where one of them is missing. */
  readonly mapCorrelation: number | null;
}

/** A slice that both audits have: its measures, and whether its expectation holds, before and after. */
export interface SliceChange {
  readonly name: string;
  readonly expect?: string;
  readonly before: SliceResult;
  readonly after: SliceResult;
}

/**
 * What two audits flag. A finding is the same one where its kind, its class, and its property or measure are, and its
 * regions overlap; each has at most one counterpart.
 */
export interface FindingChanges {
  readonly stayed: readonly { readonly before: Finding; readonly after: Finding }[];
  readonly gone: readonly Finding[];
  readonly appeared: readonly Finding[];
  /** Searches that were made in one of the audits alone: what they flag cannot be compared. */
  readonly notCompared: readonly Search["of"][];
}

/** Two audits of the same pictures, as a rule by two versions of a model. */
export interface AuditComparison {
  /** Pictures that are in both. */
  readonly pictures: number;
  /** Of these, those that have another path in the later audit and were matched by their files' SHA-256. */
  readonly matchedByContent: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** Pictures whose files have changed. */
  readonly altered: number;
  /** Wrong before, right now. */
  readonly fixed: number;
  /** Right before, wrong now. */
  readonly regressed: number;
  /** Pictures with another prediction, by path. */
  readonly predictions: readonly PictureChange[];
  /** Pictures with the same prediction and another map, the most changed first. */
  readonly maps: readonly PictureChange[];
  /** Quantiles of the maps' correlations over all pictures; null where no picture has two maps. */
  readonly mapCorrelation: { readonly lowestTenth: number; readonly median: number } | null;
  /** Slices of both audits, measured on each. */
  readonly slices: readonly SliceChange[];
  /** What the audits flag: in both, in the earlier one alone, in the later one alone. */
  readonly findings: FindingChanges;
  /** No slice fails its test on the later audit. */
  readonly holds: boolean;
}

/** What is behind the `compareAudits` of index.ts. */
export async function compareAudits(
  before: Audit,
  after: Audit,
  options: CompareAuditsOptions = {},
): Promise<AuditComparison> {
  checkAudit(before, "compareAudits");
  checkAudit(after, "compareAudits");
  checkKeys(options, ["mapCorrelation", "signal", "onProgress"], "compareAudits");
  checkOptions("compareAudits", { mapCorrelation: { from: -1, to: 1 } }, options);
  return longWork("comparison of two audits", options.signal, ({ signal, progress }) => {
    const onProgress = (one: Progress) => {
      options.onProgress?.(one);
      progress(one);
    };
    return compare(before, after, options, { signal, progress: onProgress });
  });
}

async function compare(
  before: Audit,
  after: Audit,
  { mapCorrelation: threshold = 0.5 }: CompareAuditsOptions,
  work: Work,
): Promise<AuditComparison> {
  const counts = await countChanges(comparedTables(before, after));
  const pairs = await pairedPictures(before, after);
  const changes = await pictureChanges(before, after, pairs, work);
  const slices = await sliceChanges(before, after);
  const samePrediction = changes.filter((change) => change.before.prediction === change.after.prediction);
  return {
    ...counts,
    predictions: changes
      .filter((change) => change.before.prediction !== change.after.prediction)
      .sort((x, y) => (x.path < y.path ? -1 : 1)),
    maps: samePrediction
      .filter(({ mapCorrelation }) => mapCorrelation !== null && mapCorrelation < threshold)
      .sort((x, y) => (x.mapCorrelation ?? 0) - (y.mapCorrelation ?? 0)),
    mapCorrelation: quantiles(changes.flatMap(({ mapCorrelation }) => mapCorrelation ?? [])),
    slices,
    findings: await findingChanges(before, after),
    holds: slices.every(({ after: { holds } }) => holds !== false),
  };
}

const COUNTS = `${PAIRED}
  select count(*) as pictures, count(*) filter (path <> later_path) as matched_by_content,
    (select count(*) from a) - count(*) as only_before, (select count(*) from b) - count(*) as only_after,
    count(*) filter (sha256 <> later_sha256) as altered,
    count(*) filter (not correct and later_correct) as fixed, count(*) filter (correct and not later_correct) as regressed
  from paired`;

async function countChanges(tables: readonly ParquetTable[]) {
  const [row] = await sql(COUNTS, [], tables);
  return {
    pictures: Number(row.pictures),
    matchedByContent: Number(row.matched_by_content),
    onlyBefore: Number(row.only_before),
    onlyAfter: Number(row.only_after),
    altered: Number(row.altered),
    fixed: Number(row.fixed),
    regressed: Number(row.regressed),
  };
}

async function pictureChanges(
  before: Audit,
  after: Audit,
  pairs: readonly Pair[],
  { signal, progress }: Work,
): Promise<PictureChange[]> {
  const changes: PictureChange[] = [];
  for (const pair of pairs) {
    await yieldToEventLoop();
    throwIfAborted(signal);
    const mapBefore = await before.map(pair);
    const mapAfter = await after.map({ shard: pair.later_shard, map_row: pair.later_map_row });
    changes.push({
      path: pair.path,
      laterPath: pair.later_path === pair.path ? null : pair.later_path,
      before: { prediction: pair.prediction, probability: pair.probability, correct: pair.correct },
      after: { prediction: pair.later_prediction, probability: pair.later_probability, correct: pair.later_correct },
      mapCorrelation: correlation(mapBefore, mapAfter),
    });
    progress({ done: changes.length, total: pairs.length });
  }
  return changes;
}

function quantiles(correlations: number[]): AuditComparison["mapCorrelation"] {
  if (correlations.length === 0) return null;
  const sorted = correlations.sort((x, y) => x - y);
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return { lowestTenth: quantile(0.1), median: quantile(0.5) };
}

/** Of slices of the same name, the later audit's counts. */
async function sliceChanges(before: Audit, after: Audit): Promise<SliceChange[]> {
  const saved = [...(await savedSlices(before.folder)), ...(await savedSlices(after.folder))];
  const slices = [...new Map(saved.map((slice) => [slice.name, slice])).values()];
  const earlier = await measureSlices(await auditTables(before.folder), slices);
  const later = await measureSlices(await auditTables(after.folder), slices);
  return slices.map(({ name, expect }, i) => ({ name, expect, before: earlier[i], after: later[i] }));
}

async function findingChanges(before: Audit, after: Audit): Promise<FindingChanges> {
  const [earlier, later] = [await before.findings(), await after.findings()];
  const looked = async (audit: Audit) => (await audit.searches()).flatMap(({ of, looked }) => (looked ? [of] : []));
  const [lookedBefore, lookedAfter] = [await looked(before), await looked(after)];
  const left = new Set(later);
  const pairs = earlier.map((finding) => {
    const same = [...left].find((other) => isSameFinding(finding, other));
    if (same) left.delete(same);
    return { before: finding, after: same };
  });
  return {
    stayed: pairs.flatMap(({ before, after }) => (after ? [{ before, after }] : [])),
    gone: pairs.flatMap(({ before, after }) => (after ? [] : [before])),
    appeared: [...left],
    notCompared: [
      ...lookedBefore.filter((of) => !lookedAfter.includes(of)),
      ...lookedAfter.filter((of) => !lookedBefore.includes(of)),
    ],
  };
}

function correlation(a: StoredMap | undefined, b: StoredMap | undefined): number | null {
  if (!a || !b) return null;
  const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
  const [x, y] = [a, b].map((map) => resizeMap(map.data, map.width, map.height, width, height));
  return spearman(x, y);
}
