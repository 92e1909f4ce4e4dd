import { SHARD } from "../audit/shards/shard.js";
import type { Database } from "../platform/sql.js";
import type { PictureFlag } from "./flags.js";

/** A picture's number. */
export const idOf = (shard: number, cell: number) => shard * SHARD + cell;

/**
 * Makes the tables that the explorer asks of the audit's own: `pictures`, with the number of each and the texts that are
 * searched, and `flags`, `tags` and `notes`, several values a picture.
 */
export async function prepare(database: Database, flags: readonly PictureFlag[]): Promise<void> {
  const { rows } = await database.query("select table_name from duckdb_tables()");
  const clustered = rows.some(({ table_name: name }) => name === "clusters");
  await database.query(
    `create table pictures as
     select (shard * ${SHARD} + map_row)::integer as id, results.*, ${clustered ? "cluster," : ""}
       lower(concat_ws(' ', path, prediction, truth, "case", notes, error)) as searched
     from results ${clustered ? "left join (select path, any_value(cluster) as cluster from clusters group by path) using (path)" : ""}
     order by id`,
  );
  for (const name of ["flags", "tags", "notes"])
    await database.query(`create table ${name} (id integer, value varchar)`);
  for (const { kind, path } of flags) {
    await database.query("insert into flags select id, $1 from pictures where path = $2", [kind, path]);
  }
}
