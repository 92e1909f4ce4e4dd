import { SHARD } from "../audit/shards/shard.js";
import type { Database } from "../platform/sql.js";
import { type ListedColumn, listedColumns } from "./columns.js";
import { Parameters, quoted } from "./conditions.js";
import type { PictureFlag } from "./flags.js";

/** The table of another audit says nothing of this one's pictures. */
export const EARLIER = "earlier";

/** Where a picture is stored. */
const PLACE = ["shard", "map_row"];

/** Flags that one statement takes. */
const BATCH = 500;

/**
 * Makes the tables that the explorer asks of the audit's own: `pictures`, with the number of each and the texts that are
 * searched, and `flags`, `tags`, `slices`, `noted` (by whom) and `notes`, several values a picture.
 */
export async function prepare(database: Database, flags: readonly PictureFlag[]): Promise<void> {
  const { rows } = await database.query(
    "select table_name as name, column_name as column from duckdb_columns() where not internal",
  );
  const columnsOf = (table: string) => rows.filter(({ name }) => name === table).map(({ column }) => String(column));
  const known = new Set(columnsOf("results"));
  const clustered = columnsOf("clusters").length > 0;
  // tables that say more of each picture, by where it is stored
  const further = [...new Set(rows.map(({ name }) => String(name)))].filter(
    (name) => name !== "results" && name !== EARLIER && PLACE.every((column) => columnsOf(name).includes(column)),
  );
  const added = further.flatMap((table) =>
    columnsOf(table)
      .filter((column) => !known.has(column))
      .map((column) => `${quoted(table)}.${quoted(column)}`),
  );
  const listed = await listedColumns(database);
  const ofResults = ({ name }: ListedColumn) => `results.${quoted(name)}`;
  const times = listed
    .filter(({ time }) => time)
    .map((column) => `${shownTime(ofResults(column))} as ${quoted(column.name)}`);
  const texts = listed.filter(({ text }) => text).map(ofResults);
  const searched = ["path", "prediction", "truth", "case", "notes", "error"].map((name) => `results.${quoted(name)}`);
  await database.query(
    `create table pictures as
     select (results.shard * ${SHARD} + results.map_row)::integer as id,
       results.* ${times.length > 0 ? `replace (${times.join(", ")})` : ""},
       ${[...added, ...(clustered ? ["of_clusters.cluster"] : [])].map((column) => `${column},`).join(" ")}
       lower(concat_ws(' ', ${[...searched, ...texts].join(", ")})) as searched
     from results
       ${further.map((table) => `left join ${quoted(table)} using (shard, map_row)`).join(" ")}
       ${clustered ? "left join (select path, any_value(cluster) as cluster from clusters group by path) as of_clusters on of_clusters.path = results.path" : ""}
     order by 1`,
  );
  for (const name of ["tags", "slices", "noted", "notes"])
    await database.query(`create table ${name} (id integer, value varchar)`);
  await database.query("create table flags (id integer, value varchar, finding integer)");
  for (let i = 0; i < flags.length; i += BATCH) await insertFlags(database, flags.slice(i, i + BATCH));
}

/** A day by its date alone, as ISO 8601 has them: so written, an earlier time is a lesser text. */
const shownTime = (column: string) =>
  `case when ${column} = date_trunc('day', ${column}) then strftime(${column}, '%Y-%m-%d')
     else strftime(${column}, '%Y-%m-%d %H:%M:%S') end`;

async function insertFlags(database: Database, flags: readonly PictureFlag[]): Promise<void> {
  const parameters = new Parameters();
  const rows = flags.map(
    ({ path, kind, finding }) => `(${[path, kind, finding].map((value) => parameters.add(value)).join(", ")}::integer)`,
  );
  await database.query(
    `insert into flags select id, value, finding from pictures
     join (values ${rows.join(", ")}) as flagged(path, value, finding) using (path)`,
    parameters.values,
  );
}
