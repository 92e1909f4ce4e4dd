import { files } from "#platform/files";
import type { ParquetTable } from "../platform/sql.js";
import type { Audit } from "./audit.js";
import { sql } from "./sql.js";

const COMPARED = "path, sha256, prediction, probability, correct, shard, map_row";

const numbered = (name: string, table: string) =>
  `${name} as (select ${COMPARED}, row_number() over (order by shard, map_row) as id,
    row_number() over (partition by path order by shard, map_row) as nth from ${table})`;

/** Those without a counterpart of their path, by their content. */
const leftOver = (name: string, all: string) =>
  `${name} as (select *, row_number() over (partition by sha256 order by path, shard, map_row) as nth_alike from ${all}
    where sha256 is not null and not exists
(select 1 from by_path where ${all}_id = ${all}.id))`;

const pairedOn = (a: string, b: string, condition: string) =>
  `select ${a}.id as a_id, ${b}.id as b_id from ${a} join ${b} on ${condition}`;

/**
 * Which row of the earlier audit goes with which of the later one. Of an audit that holds a path twice, the first is
 * compared with the first and the second with the second; the same goes for content.
 */
export const PAIRED = `with ${numbered("a", "earlier")}, ${numbered("b", "later")},
  by_path as (${pairedOn("a", "b", "a.path = b.path and a.nth = b.nth")}),
  ${leftOver("a_left", "a")}, ${leftOver("b_left", "b")},
  pairs as (from by_path union all
    ${pairedOn("a_left", "b_left", "a_left.sha256 = b_left.sha256 and a_left.nth_alike = b_left.nth_alike")}),
  paired as (select a.*, ${["path", "sha256", "prediction", "probability", "correct"].map((name) => `b.${name} as later_${name}`).join(", ")},
      b.shard as later_shard, b.map_row as later_map_row
    from pairs join a on a.id = a_id join b on b.id = b_id)`;

/** A picture that is in both audits. */
export interface Pair {
  readonly path: string;
  readonly later_path: string;
  readonly prediction: string | null;
  readonly later_prediction: string | null;
  readonly probability: number | null;
  readonly later_probability: number | null;
  readonly correct: boolean | null;
  readonly later_correct: boolean | null;
  readonly shard: number;
  readonly map_row: number;
  readonly later_shard: number;
  readonly later_map_row: number;
}

const PAIRS = `${PAIRED}
  select path, later_path, prediction, later_prediction, probability, later_probability, correct, later_correct,
    shard, map_row, later_shard, later_map_row
  from paired order by shard, map_row, path`;

/** The rows of both audits, as {@link PAIRED} calls them. */
export const comparedTables = (before: Audit, after: Audit): ParquetTable[] => [
  { name: "earlier", files: [files.join(before.folder, "results.parquet")] },
  { name: "later", files: [files.join(after.folder, "results.parquet")] },
];

/** The pictures that both audits have: of the same path, else of the same content. */
export const pairedPictures = async (before: Audit, after: Audit): Promise<Pair[]> =>
  (await sql(PAIRS, [], comparedTables(before, after))) as unknown as Pair[];
