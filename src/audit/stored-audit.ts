import { files } from "#platform/files";
import { checkText } from "../core/checks.js";
import { closest, SightlineError } from "../core/errors.js";
import type { Row } from "../platform/sql.js";
import { forgetKeptSlice } from "./annotations/stored-annotations.js";
import { type FindingsFile, readFindings } from "./findings.js";
import type { DuplicateGroup, HygieneRow, LabelIssue } from "./hygiene/types.js";
import type { LabelMeasures } from "./labels/label-measures.js";
import { readLabelsFile } from "./labels/labels-file.js";
import { type AuditManifest, readItems, readManifest, type StoredAudit } from "./manifest.js";
import { answerLabelsSql, answersSql, type Calibration, calibrationOf } from "./measures/calibration.js";
import { type Confusion, confusionOf, confusionSql } from "./measures/confusion.js";
import type { AuditRow } from "./row.js";
import { savedSlices } from "./saved-slices.js";
import { folderStorage } from "./shards/folder-storage.js";
import { readMaps, shardFiles } from "./shards/shard.js";
import { clusterPictures, measureSlices, readSlices, type Slice, type SliceResult, writeSlices } from "./slices.js";
import type { AuditItem } from "./sources/item.js";
import { sql } from "./sql.js";
import { auditTables } from "./stored-tables.js";
import type { MapPlace, SliceChoice, StoredMap } from "./types.js";

// Reads and writes the folder of a finished audit; what each function does, its method of Audit says.

/** @throws SightlineError `file-not-found` where there is no audit, `audit-failed` where it is not finished */
export async function readFinished(folder: string): Promise<AuditManifest> {
  checkText(folder, "the audit's folder", "its path");
  const bytes = await folderStorage(folder).read("audit.json");
  if (!bytes)
    throw new SightlineError("file-not-found", `no audit in ${folder}`, { expected: "a folder with audit.json" });
  if (!(await files.stat(files.join(folder, "results.parquet")))) {
    throw new SightlineError("audit-failed", `the audit in ${folder} is not finished`, {
      next: "rerun it to resume",
    });
  }
  return readManifest(bytes);
}

export async function query(
  folder: string,
  statement: string,
  parameters: readonly (string | number)[],
): Promise<Row[]> {
  checkText(statement, "the statement", "a SELECT in SQL");
  return sql(statement, parameters, await auditTables(folder));
}

export function pictures(folder: string): Promise<AuditItem[]> {
  return readItems(folderStorage(folder));
}

/** All maps of a shard, one after the other. */
export type ShardMaps = ReturnType<typeof readMaps>;

/** @throws SightlineError `bad-config` for what is no row of the results */
export function placeOf(row: unknown): MapPlace {
  const { shard, map_row } = (row ?? {}) as Partial<MapPlace>;
  const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  if (isIndex(shard) && isIndex(map_row)) return { shard, map_row };
  throw new SightlineError("bad-config", "a map is found by its row of the results", {
    received: row,
    expected: "an object with shard and map_row",
    next: 'take the row from query("select * from results where path = $1", [path])',
  });
}

export async function shardMaps(folder: string, shard: number): Promise<ShardMaps | undefined> {
  const file = await folderStorage(folder).read(shardFiles(shard).maps);
  return file && readMaps(file);
}

export function mapOf({ data, height, width }: ShardMaps, row: number): StoredMap | undefined {
  const map = data.slice(row * height * width, (row + 1) * height * width);
  return map.length === 0 || Number.isNaN(map[0]) ? undefined : { data: map, height, width };
}

export function findings(folder: string): Promise<FindingsFile> {
  return readFindings(folderStorage(folder));
}

export async function labels(folder: string): Promise<LabelMeasures> {
  const file = await readLabelsFile(folderStorage(folder));
  if (file) return file.report;
  throw new SightlineError("bad-config", "the classes of this audit's model exclude each other", {
    expected: "an audit of a model with independent labels",
    next: "confusion() says which class is taken for which, calibration() whether to believe its confidence",
  });
}

/** @throws SightlineError `bad-config` where labels are independent */
async function checkExclusive(folder: string, what: string): Promise<void> {
  if (!(await readLabelsFile(folderStorage(folder)))) return;
  throw new SightlineError(
    "bad-config",
    `${what} is about classes that exclude each other; these labels are independent`,
    {
      expected: "an audit of a model whose classes exclude each other",
      next: "labels() has the precision, recall, average precision and calibration of each label",
    },
  );
}

export async function confusion(folder: string): Promise<Confusion> {
  await checkExclusive(folder, "confusion()");
  return confusionOf(await query(folder, confusionSql("results", "true"), []));
}

export async function calibration(folder: string): Promise<Calibration> {
  await checkExclusive(folder, "calibration()");
  const [labels, answers] = [answerLabelsSql("results", "true"), answersSql("results", "true")];
  const rows = await query(folder, answers, []);
  const column = (name: string) => Float64Array.from(rows, (row) => Number(row[name]));
  return calibrationOf({
    probabilities: column("probability"),
    right: column("right"),
    classes: column("class"),
    labels: (await query(folder, labels, [])).map(({ prediction }) => String(prediction)),
  });
}

export async function duplicates(folder: string): Promise<DuplicateGroup[]> {
  const rows = (await query(
    folder,
    `select hygiene.*, truth, split from hygiene join results using (shard, map_row)
     where duplicate_group is not null order by duplicate_group, shard, map_row`,
    [],
  )) as unknown as (HygieneRow & Pick<AuditRow, "truth" | "split">)[];
  const groups = new Map<number, typeof rows>();
  for (const row of rows) {
    const group = row.duplicate_group as number;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  return [...groups].map(([group, members]) => ({
    group,
    kind: members.every(({ duplicate }) => duplicate === "exact") ? "exact" : "near",
    pictures: members.map(({ path, truth, split, similarity }) => ({
      path,
      truth,
      split,
      similarity: similarity ?? 0,
    })),
    conflicting: members.some(({ conflicting }) => conflicting === true),
    leak: members.some(({ leak }) => leak === true),
  }));
}

export async function labelIssues(folder: string): Promise<LabelIssue[]> {
  const rows = await query(
    folder,
    `select hygiene.path as path, truth as label, suggested_label as suggested, label_quality as quality
     from hygiene join results using (shard, map_row) where label_issue order by quality, hygiene.path`,
    [],
  );
  return rows as unknown as LabelIssue[];
}

export async function slices(folder: string): Promise<SliceResult[]> {
  return measureSlices(await auditTables(folder), await savedSlices(folder));
}

export async function saveSlice(
  { folder, manifest }: StoredAudit,
  name: string,
  { where, cluster, pictures, expect }: SliceChoice,
): Promise<SliceResult> {
  checkText(name, "the slice's name", "a text");
  if ([where, cluster, pictures].filter((choice) => choice !== undefined).length !== 1) {
    throw new SightlineError("bad-config", `cannot save the slice '${name}'`, {
      expected: "one of where, cluster and pictures",
    });
  }
  const storage = folderStorage(folder);
  const tables = await auditTables(folder);
  const slice: Slice = {
    name,
    ...(where !== undefined && { where }),
    ...(pictures && { pictures: [...pictures] }),
    ...(cluster !== undefined && { pictures: await clusterPictures(tables, cluster) }),
    ...(expect !== undefined && { expect }),
  };
  const [result] = await measureSlices(tables, [slice]);
  const others = (await readSlices(storage)).filter((other) => other.name !== name);
  await writeSlices(storage, [...others, slice]);
  await forgetKeptSlice({ folder, manifest }, name);
  return result;
}

export async function removeSlice({ folder, manifest }: StoredAudit, name: string): Promise<void> {
  const storage = folderStorage(folder);
  const slices = await readSlices(storage);
  const kept = slices.filter((slice) => slice.name !== name);
  const forgotten = await forgetKeptSlice({ folder, manifest }, name);
  if (kept.length === slices.length && !forgotten) {
    const names = (await savedSlices(folder)).map((slice) => slice.name);
    throw new SightlineError("bad-config", `no slice is called '${name}'`, {
      next: closest(name, names, 3).join(", "),
    });
  }
  if (kept.length < slices.length) await writeSlices(storage, kept);
}
