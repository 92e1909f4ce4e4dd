import { files } from "#platform/files";
import { checkText } from "../core/checks.js";
import { closest, SightlineError } from "../core/errors.js";
import type { ParquetTable, Row } from "../platform/sql.js";
import { type Finding, readFindings } from "./findings.js";
import { type AuditManifest, readItems, readManifest } from "./manifest.js";
import { folderStorage } from "./shards/folder-storage.js";
import { readMaps, shardFiles } from "./shards/shard.js";
import { clusterPictures, measureSlices, readSlices, type Slice, type SliceResult, writeSlices } from "./slices.js";
import { sql } from "./sql.js";

/**
 * Opens a finished audit.
 * @example
 * const result = await openAudit("audit/");
 * await result.query("select path, probability from results where not correct order by probability desc limit 20");
 * @throws SightlineError `file-not-found` where there is none, `audit-failed` where it is not finished
 */
export async function openAudit(folder: string): Promise<Audit> {
  checkText(folder, "the audit's folder", "its path");
  const bytes = await folderStorage(folder).read("audit.json");
  if (!bytes)
    throw new SightlineError("file-not-found", `no audit in ${folder}`, { expected: "a folder with audit.json" });
  if (!(await files.stat(files.join(folder, "results.parquet")))) {
    throw new SightlineError("audit-failed", `the audit in ${folder} is not finished`, {
      next: "rerun it to resume",
    });
  }
  return new Audit(folder, readManifest(bytes));
}

/** The tables that a statement on the audit in a folder can name. */
export async function auditTables(folder: string): Promise<ParquetTable[]> {
  const names = await files.list(folder);
  return ["results", "clusters"].flatMap((name) => {
    const file = `${name}.parquet`;
    return names.includes(file) ? [{ name, files: [files.join(folder, file)] }] : [];
  });
}

/** A raw map at its method's own resolution, rows from the top left. */
export interface StoredMap {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Where a picture's map is stored. */
export interface MapPlace {
  readonly shard: number;
  readonly map_row: number;
}

const isPlace = (value: unknown): value is MapPlace => {
  const { shard, map_row } = (value ?? {}) as Partial<MapPlace>;
  return [shard, map_row].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
};

/** Which pictures a slice is about: by an SQL condition, a cluster's number or their paths. */
export interface SliceChoice {
  where?: string;
  cluster?: number;
  pictures?: readonly string[];
  /** What must hold, see {@link Slice}. */
  expect?: string;
}

/** A finished audit. */
export class Audit {
  #lastMaps: { shard: number; maps?: ReturnType<typeof readMaps> } | undefined;

  constructor(
    readonly folder: string,
    readonly manifest: AuditManifest,
  ) {}

  /**
   * Rows of an SQL query (DuckDB's dialect) over the tables `results` and, where shortcuts were looked for, `clusters`.
   * @throws SightlineError `bad-data`, `bad-config` for a statement that is no text
   */
  async query(statement: string, parameters: readonly (string | number)[] = []): Promise<Row[]> {
    checkText(statement, "the statement", "a SELECT in SQL");
    return sql(statement, parameters, await auditTables(this.folder));
  }

  /** The pictures in the order of the results' shards. */
  pictures() {
    return readItems(folderStorage(this.folder));
  }

  /**
   * The map of a row, raw, at the method's own resolution; undefined for a picture with an error. The last
   * shard's maps are kept, so that in the order of the shards each file is read once.
   * @throws SightlineError `bad-config` for what is no row, `bad-data` for maps that are damaged
   */
  async map(place: MapPlace): Promise<StoredMap | undefined> {
    if (!isPlace(place)) {
      throw new SightlineError("bad-config", "a map is found by its row of the results", {
        received: place,
        expected: "an object with shard and map_row",
        next: 'take the row from query("select * from results where path = $1", [path])',
      });
    }
    const { shard, map_row } = place;
    if (this.#lastMaps?.shard !== shard) {
      const file = await folderStorage(this.folder).read(shardFiles(shard).maps);
      this.#lastMaps = { shard, maps: file && readMaps(file) };
    }
    const { maps } = this.#lastMaps;
    if (!maps) return undefined;
    const { data, height, width } = maps;
    const map = data.slice(map_row * height * width, (map_row + 1) * height * width);
    return map.length === 0 || Number.isNaN(map[0]) ? undefined : { data: map, height, width };
  }

  /**
   * What the audit flags: shortcuts, those that lie in one place first; undefined where they were not looked for.
   * @throws SightlineError `bad-data`
   */
  async findings(): Promise<Finding[] | undefined> {
    return readFindings(folderStorage(this.folder));
  }

  /** The saved slices, each measured beside all other pictures, and whether what is expected of it holds. */
  async slices(): Promise<SliceResult[]> {
    return measureSlices(await auditTables(this.folder), await readSlices(folderStorage(this.folder)));
  }

  /**
   * Saves a slice with the audit; one of the same name is replaced.
   * @example
   * await result.saveSlice("boats on the border", { where: "prediction = 'boat' and border_share > .5",
   *                                                 expect: "error_high <= .2" });
   * @throws SightlineError `bad-config`, `bad-data` for a condition that is no SQL
   */
  async saveSlice(name: string, { where, cluster, pictures, expect }: SliceChoice): Promise<SliceResult> {
    checkText(name, "the slice's name", "a text");
    if ([where, cluster, pictures].filter((choice) => choice !== undefined).length !== 1) {
      throw new SightlineError("bad-config", `cannot save the slice '${name}'`, {
        expected: "one of where, cluster and pictures",
      });
    }
    const storage = folderStorage(this.folder);
    const tables = await auditTables(this.folder);
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
    return result;
  }

  /**
   * Forgets a saved slice.
   * @throws SightlineError `bad-config` where there is none of this name
   */
  async removeSlice(name: string): Promise<void> {
    const storage = folderStorage(this.folder);
    const slices = await readSlices(storage);
    const kept = slices.filter((slice) => slice.name !== name);
    if (kept.length === slices.length) {
      const names = slices.map((slice) => slice.name);
      throw new SightlineError("bad-config", `no slice is called '${name}'`, {
        next: closest(name, names, 3).join(", "),
      });
    }
    await writeSlices(storage, kept);
  }
}
