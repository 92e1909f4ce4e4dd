import { join } from "node:path";
import { checkKeys, throwIfAborted } from "../core/errors.js";
import { pause } from "../core/event-loop.js";
import { spearman } from "../core/ranks.js";
import { longWork, type Work } from "../core/work.js";
import { resizeMap } from "../image/resize-map.js";
import type { Control } from "../model/types.js";
import { type Audit, auditTables, type StoredMap } from "./audit.js";
import { sql } from "./duckdb.js";
import { measureSlices, readSlices, type SliceResult } from "./slices.js";
import { folderStorage } from "./storage.js";

export interface CompareAuditsOptions extends Control {
  /** A map has changed from this rank correlation down. */
  mapCorrelation?: number;
}

/** What one audit says of a picture. */
export interface PictureAnswer {
  readonly prediction: string | null;
  readonly probability: number | null;
  readonly correct: boolean | null;
}

/** A picture as two audits see it. */
export interface PictureChange {
  readonly path: string;
  readonly before: PictureAnswer;
  readonly after: PictureAnswer;
  /** Spearman's correlation of the two maps, at the finer one's resolution; null where one of them is missing. */
  readonly mapCorrelation: number | null;
}

export interface SliceChange {
  readonly name: string;
  readonly expect?: string;
  readonly before: SliceResult;
  readonly after: SliceResult;
}

/** Two audits of the same pictures, as a rule by two versions of a model. */
export interface AuditComparison {
  /** Pictures that are in both. */
  readonly pictures: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** Pictures whose files are not the same any more. */
  readonly altered: number;
  /** Wrong before, right now; and the other way round. */
  readonly mended: number;
  readonly broken: number;
  /** Pictures with another prediction, by path. */
  readonly predictions: readonly PictureChange[];
  /** Pictures with the same prediction and another map, the most changed first. */
  readonly maps: readonly PictureChange[];
  /** Quantiles of the maps' correlations over all pictures; null where no picture has two maps. */
  readonly mapCorrelation: { readonly lowestTenth: number; readonly median: number } | null;
  /** Slices of both audits, measured on each. */
  readonly slices: readonly SliceChange[];
  /** No slice fails its test on the later audit. */
  readonly holds: boolean;
}

/**
 * Which predictions and which maps changed from one audit to another, and whether the tests of their slices still hold.
 * Pictures are matched by path.
 * @example
 * const { predictions, holds } = await compareAudits(await openAudit("audit-1"), await openAudit("audit-2"));
 * @throws SightlineError `bad-data`, `aborted`
 */
export async function compareAudits(
  before: Audit,
  after: Audit,
  options: CompareAuditsOptions = {},
): Promise<AuditComparison> {
  checkKeys(options, ["mapCorrelation", "signal"], "compareAudits");
  return longWork("comparison of two audits", options.signal, (shown) => compare(before, after, options, shown));
}

async function compare(
  before: Audit,
  after: Audit,
  { mapCorrelation: threshold = 0.5 }: CompareAuditsOptions,
  { signal, progress }: Work,
): Promise<AuditComparison> {
  const tables = [
    { name: "earlier", files: [join(before.folder, "results.parquet")] },
    { name: "later", files: [join(after.folder, "results.parquet")] },
  ];
  const [counts] = await sql(
    `${NUMBERED} select count(*) filter (a.path is not null and b.path is not null) as pictures,
       count(*) filter (b.path is null) as only_before, count(*) filter (a.path is null) as only_after,
       count(*) filter (a.sha256 <> b.sha256) as altered,
       count(*) filter (not a.correct and b.correct) as mended, count(*) filter (a.correct and not b.correct) as broken
     from a full join b on a.path = b.path and a.nth = b.nth`,
    [],
    tables,
  );
  const rows = (await sql(
    `${NUMBERED} select a.path, a.prediction as a_prediction, b.prediction as b_prediction, a.probability as a_probability,
       b.probability as b_probability, a.correct as a_correct, b.correct as b_correct,
       a.shard as a_shard, a.map_row as a_row, b.shard as b_shard, b.map_row as b_row
     from a join b on a.path = b.path and a.nth = b.nth order by a.shard, a.map_row`,
    [],
    tables,
  )) as unknown as Pair[];
  const predictions: PictureChange[] = [];
  const maps: PictureChange[] = [];
  const correlations: number[] = [];
  for (const [done, row] of rows.entries()) {
    await pause();
    throwIfAborted(signal);
    progress({ done: done + 1, total: rows.length });
    const mapBefore = await before.map({ shard: row.a_shard, map_row: row.a_row });
    const mapAfter = await after.map({ shard: row.b_shard, map_row: row.b_row });
    const mapCorrelation = correlation(mapBefore, mapAfter);
    if (mapCorrelation !== null) correlations.push(mapCorrelation);
    const change: PictureChange = {
      path: row.path,
      before: { prediction: row.a_prediction, probability: row.a_probability, correct: row.a_correct },
      after: { prediction: row.b_prediction, probability: row.b_probability, correct: row.b_correct },
      mapCorrelation,
    };
    if (row.a_prediction !== row.b_prediction) predictions.push(change);
    else if (mapCorrelation !== null && mapCorrelation < threshold) maps.push(change);
  }
  correlations.sort((x, y) => x - y);
  const quantile = (share: number) => correlations[Math.floor(share * (correlations.length - 1))];
  const slices = await sliceChanges(before, after);
  return {
    pictures: Number(counts.pictures),
    onlyBefore: Number(counts.only_before),
    onlyAfter: Number(counts.only_after),
    altered: Number(counts.altered),
    mended: Number(counts.mended),
    broken: Number(counts.broken),
    predictions: predictions.sort((x, y) => (x.path < y.path ? -1 : 1)),
    maps: maps.sort((x, y) => (x.mapCorrelation ?? 0) - (y.mapCorrelation ?? 0)),
    mapCorrelation: correlations.length > 0 ? { lowestTenth: quantile(0.1), median: quantile(0.5) } : null,
    slices,
    holds: slices.every(({ after: { holds } }) => holds !== false),
  };
}

const numbered = (name: string, table: string) =>
  `${name} as (select *, row_number() over (partition by path order by shard, map_row) as nth from ${table})`;

/** Of an audit that holds a path twice, the first is compared with the first and the second with the second. */
const NUMBERED = `with ${numbered("a", "earlier")}, ${numbered("b", "later")}`;

interface Pair {
  readonly path: string;
  readonly a_prediction: string | null;
  readonly b_prediction: string | null;
  readonly a_probability: number | null;
  readonly b_probability: number | null;
  readonly a_correct: boolean | null;
  readonly b_correct: boolean | null;
  readonly a_shard: number;
  readonly a_row: number;
  readonly b_shard: number;
  readonly b_row: number;
}

/** A later audit's slice of the same name stands for the earlier one's. */
async function sliceChanges(before: Audit, after: Audit): Promise<SliceChange[]> {
  const saved = [
    ...(await readSlices(folderStorage(before.folder))),
    ...(await readSlices(folderStorage(after.folder))),
  ];
  const slices = [...new Map(saved.map((slice) => [slice.name, slice])).values()];
  const then = await measureSlices(auditTables(before.folder), slices);
  const now = await measureSlices(auditTables(after.folder), slices);
  return slices.map(({ name, expect }, i) => ({ name, expect, before: then[i], after: now[i] }));
}

function correlation(a: StoredMap | undefined, b: StoredMap | undefined): number | null {
  if (!a || !b) return null;
  const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
  const [x, y] = [a, b].map((map) => resizeMap(map.data, map.width, map.height, width, height));
  return spearman(x, y);
}
