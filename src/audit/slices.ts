import { SightlineError } from "../core/errors.js";
import { wilsonInterval } from "../core/wilson.js";
import * as z from "../core/zod.js";
import type { ParquetTable } from "../platform/sql.js";
import type { Storage } from "./shards/storage.js";
import { sql, sqlTexts } from "./sql.js";

const sliceSchema = z
  .object({
    name: z.string().min(1),
    where: z.string().optional(),
    pictures: z.array(z.string()).optional(),
    expect: z.string().optional(),
  })
  .refine(({ where, pictures }) => (where === undefined) !== (pictures === undefined), "either where or pictures");

const sliceFile = z.object({
  format: z.literal("sightline-slices"),
  formatVersion: z.literal(1),
  slices: z.array(sliceSchema),
});

/** Pictures that belong together, and what is expected of them. */
export interface Slice {
  readonly name: string;
  /** An SQL condition over the columns of `results`: `prediction = 'boat' and border_share > .5`. */
  readonly where?: string;
  /** Instead of a condition: the pictures' paths. */
  readonly pictures?: readonly string[];
  /**
   * An SQL condition over the slice's measures that must hold: `error_high <= .2 and confidence > .8`. The names are
   * `pictures`, `known`, `errors`, `error_rate`, `error_low`, `error_high`, `confidence`, `concentration`, and the same
   * with `rest_` in front for all other pictures. What cannot be said, for want of labels, does not hold.
   */
  readonly expect?: string;
}

/** What a set of pictures is like. Means are over pictures without errors; null where there is none. */
export interface SliceMeasures {
  readonly pictures: number;
  /** Pictures whose true class is known. */
  readonly known: number;
  readonly errors: number;
  /** Errors among the known, with the 95 % interval of Wilson's score. */
  readonly errorRate: number | null;
  readonly errorInterval: readonly [low: number, high: number];
  /** Mean probability of the prediction. */
  readonly confidence: number | null;
  /** Mean concentration of the maps. */
  readonly concentration: number | null;
}

/** A slice beside all other pictures. */
export interface SliceResult extends Slice {
  readonly own: SliceMeasures;
  readonly rest: SliceMeasures;
  /** Whether what is expected holds; null where nothing is. */
  readonly holds: boolean | null;
}

const FILE = "slices.json";

/** @throws SightlineError `bad-data` */
export async function readSlices(storage: Storage): Promise<Slice[]> {
  const bytes = await storage.read(FILE);
  if (!bytes) return [];
  try {
    return sliceFile.parse(JSON.parse(new TextDecoder().decode(bytes))).slices;
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${FILE} is damaged`, { next: "remove it", cause });
  }
}

export async function writeSlices(storage: Storage, slices: readonly Slice[]): Promise<void> {
  const file = { format: "sightline-slices", formatVersion: 1, slices };
  await storage.write(FILE, `${JSON.stringify(file, null, 2)}\n`);
}

/**
 * Measures slices on the results of an audit. Their conditions see its tables and nothing else on this machine.
 * @throws SightlineError `bad-data` for a condition that is no SQL
 */
export async function measureSlices(tables: readonly ParquetTable[], slices: readonly Slice[]): Promise<SliceResult[]> {
  const results: SliceResult[] = [];
  for (const slice of slices) {
    const inside = slice.where ?? `path in (select unnest(${sqlTexts(slice.pictures ?? [])}))`;
    const rows = await sealedSql(
      `select inside, count(*) as pictures, count(correct) as known, count(*) filter (not correct) as errors,
         avg(probability) as confidence, avg(concentration) as concentration
       from (select coalesce((${inside}), false) as inside, correct, probability, concentration from results) group by inside`,
      [],
      tables,
    );
    const own = measures(rows.find((row) => row.inside === true));
    const rest = measures(rows.find((row) => row.inside === false));
    const { expect } = slice;
    results.push({ ...slice, own, rest, holds: expect === undefined ? null : await holds(expect, own, rest) });
  }
  return results;
}

/**
 * Paths of the pictures of a cluster.
 * @throws SightlineError `bad-config` where there is none of this number
 */
export async function clusterPictures(tables: readonly ParquetTable[], cluster: number): Promise<string[]> {
  if (!tables.some(({ name }) => name === "clusters")) {
    throw new SightlineError("bad-config", "this audit has no clusters", { next: "audit with shortcuts: true" });
  }
  const rows = await sql("select path, cluster from clusters order by path", [], tables);
  const members = rows.filter((row) => row.cluster === cluster);
  if (members.length === 0) {
    const clusters = [...new Set(rows.map((row) => Number(row.cluster)))].sort((a, b) => a - b);
    throw new SightlineError("bad-config", `no cluster has the number ${cluster}`, {
      received: cluster,
      expected: `one of ${clusters.join(", ")}`,
    });
  }
  return members.map(({ path }) => String(path));
}

function measures(row: Readonly<Record<string, unknown>> = {}): SliceMeasures {
  const [pictures, known, errors] = [row.pictures, row.known, row.errors].map((value) => Number(value ?? 0));
  return {
    pictures,
    known,
    errors,
    errorRate: known > 0 ? errors / known : null,
    errorInterval: wilsonInterval(errors, known),
    confidence: (row.confidence as number | null | undefined) ?? null,
    concentration: (row.concentration as number | null | undefined) ?? null,
  };
}

/** Loaded with the first condition. */
const sealedSql: typeof import("./servers/sealed-sql.js").sealedSql = async (...query) =>
  (await import("./servers/sealed-sql.js")).sealedSql(...query);

async function holds(expect: string, own: SliceMeasures, rest: SliceMeasures): Promise<boolean> {
  const columns = [...columnsOf("", own), ...columnsOf("rest_", rest)];
  const list = columns.map(([name, value]) => `${value ?? "null"}::double as ${name}`).join(", ");
  const [row] = await sealedSql(`select coalesce((${expect})::boolean, false) as holds from (select ${list})`);
  return row.holds === true;
}

function columnsOf(prefix: string, m: SliceMeasures): [name: string, value: number | null][] {
  const { pictures, known, errors, errorRate, errorInterval, confidence, concentration } = m;
  const [low, high] = known > 0 ? errorInterval : [null, null];
  return Object.entries({
    pictures,
    known,
    errors,
    error_rate: errorRate,
    error_low: low,
    error_high: high,
    confidence,
    concentration,
  }).map(([name, value]) => [`${prefix}${name}`, value]);
}
