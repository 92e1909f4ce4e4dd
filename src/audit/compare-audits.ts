import { files } from "#platform/files";
import { checkKeys, throwIfAborted } from "../core/errors.js";
import { yieldToEventLoop } from "../core/event-loop.js";
import { spearman } from "../core/ranks.js";
import { longWork, type Work } from "../core/work.js";
import { resizeMap } from "../image/resize-map.js";
import type { Control } from "../model/types.js";
import { type Audit, auditTables, type StoredMap } from "./audit.js";
import { type ParquetTable, sql } from "./servers/duckdb.js";
import { folderStorage } from "./shards/folder-storage.js";
import { measureSlices, readSlices, type SliceResult } from "./slices.js";

/** Options of {@link compareAudits}. */
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

/** A picture in two audits. */
export interface PictureChange {
  readonly path: string;
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

/** Two audits of the same pictures, as a rule by two versions of a model. */
export interface AuditComparison {
  /** Pictures that are in both. */
  readonly pictures: number;
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
  /** No slice fails its test on the later audit. */
  readonly holds: boolean;
}

/** What is behind the `compareAudits` of index.ts. */
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
  work: Work,
): Promise<AuditComparison> {
  const tables = [
    { name: "earlier", files: [files.join(before.folder, "results.parquet")] },
    { name: "later", files: [files.join(after.folder, "results.parquet")] },
  ];
  const counts = await countChanges(tables);
  const pairs = (await sql(PAIRS, [], tables)) as unknown as Pair[];
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
    holds: slices.every(({ after: { holds } }) => holds !== false),
  };
}

const numbered = (name: string, table: string) =>
  `${name} as (select *, row_number() over (partition by path order by shard, map_row) as nth from ${table})`;

/** Of an audit that holds a path twice, the first is compared with the first and the second with the second. */
const NUMBERED = `with ${numbered("a", "earlier")}, ${numbered("b", "later")}`;

const COUNTS = `${NUMBERED}
  select count(*) filter (a.path is not null and b.path is not null) as pictures,
    count(*) filter (b.path is null) as only_before, count(*) filter (a.path is null) as only_after,
    count(*) filter (a.sha256 <> b.sha256) as altered,
    count(*) filter (not a.correct and b.correct) as fixed, count(*) filter (a.correct and not b.correct) as regressed
  from a full join b on a.path = b.path and a.nth = b.nth`;

async function countChanges(tables: readonly ParquetTable[]) {
  const [row] = await sql(COUNTS, [], tables);
  return {
    pictures: Number(row.pictures),
    onlyBefore: Number(row.only_before),
    onlyAfter: Number(row.only_after),
    altered: Number(row.altered),
    fixed: Number(row.fixed),
    regressed: Number(row.regressed),
  };
}

/** A picture that is in both audits. */
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

const PAIRS = `${NUMBERED}
  select a.path, a.prediction as a_prediction, b.prediction as b_prediction, a.probability as a_probability,
    b.probability as b_probability, a.correct as a_correct, b.correct as b_correct,
    a.shard as a_shard, a.map_row as a_row, b.shard as b_shard, b.map_row as b_row
  from a join b on a.path = b.path and a.nth = b.nth order by a.shard, a.map_row`;

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
    const mapBefore = await before.map({ shard: pair.a_shard, map_row: pair.a_row });
    const mapAfter = await after.map({ shard: pair.b_shard, map_row: pair.b_row });
    changes.push({
      path: pair.path,
      before: { prediction: pair.a_prediction, probability: pair.a_probability, correct: pair.a_correct },
      after: { prediction: pair.b_prediction, probability: pair.b_probability, correct: pair.b_correct },
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
  const saved = [
    ...(await readSlices(folderStorage(before.folder))),
    ...(await readSlices(folderStorage(after.folder))),
  ];
  const slices = [...new Map(saved.map((slice) => [slice.name, slice])).values()];
  const earlier = await measureSlices(await auditTables(before.folder), slices);
  const later = await measureSlices(await auditTables(after.folder), slices);
  return slices.map(({ name, expect }, i) => ({ name, expect, before: earlier[i], after: later[i] }));
}

function correlation(a: StoredMap | undefined, b: StoredMap | undefined): number | null {
  if (!a || !b) return null;
  const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
  const [x, y] = [a, b].map((map) => resizeMap(map.data, map.width, map.height, width, height));
  return spearman(x, y);
}
