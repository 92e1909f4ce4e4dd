import { PAIRED } from "../audit/paired-pictures.js";
import { SHARD } from "../audit/shards/shard.js";
import type { Database } from "../platform/sql.js";

/** What became of a picture since an earlier audit. */
const CHANGE = `case when was.id is null then 'new'
  when was.prediction is not distinct from pictures.prediction then 'same answer'
  when pictures.correct and not was.correct then 'mended'
  when was.correct and not pictures.correct then 'broken'
  else 'another answer' end`;

/**
 * Adds to the table `pictures` what an earlier audit, the table `earlier`, said of each: its answer, how sure that was, and
 * what has changed.
 */
export async function prepareBeside(database: Database): Promise<void> {
  await database.query("create view later as select * from results");
  await database.query(
    `create table was as ${PAIRED}
     select (later_shard * ${SHARD} + later_map_row)::integer as id, prediction, probability, correct from paired`,
  );
  await database.query(
    `create or replace table pictures as
     select pictures.*, was.prediction as earlier_prediction, was.probability as earlier_probability, ${CHANGE} as change
     from pictures left join was using (id) order by id`,
  );
}
