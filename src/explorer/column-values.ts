import type { Database } from "../platform/sql.js";
import { numberSql, Parameters, quoted } from "./conditions.js";
import type { Column, ColumnValues } from "./types.js";

/** Labels that have a number of their own; rarer ones share the last. */
const LABELLED = 8;

/** A column's value for each picture: what a map is coloured by. Of a set, the first of its values. */
export async function columnValues(database: Database, described: Column): Promise<ColumnValues> {
  const column = quoted(described.name);
  if (described.kind === "number") {
    const [ids, values] = await database.numbers(
      `select id::double, ${numberSql(described)} from pictures order by id`,
    );
    return { ids: Int32Array.from(ids), values: Float32Array.from(values), labels: null };
  }
  const valued =
    described.kind === "set"
      ? `select id, min(${column}.value) as value from pictures left join ${column} using (id) group by id`
      : `select id, ${column}::varchar as value from pictures`;
  const { rows } = await database.query(
    `select value from (${valued}) where value is not null group by value order by count(*) desc, value limit ${LABELLED}`,
  );
  const labels = rows.map(({ value }) => String(value));
  const parameters = new Parameters();
  const list = labels.map((label) => parameters.add(label)).join(", ");
  const [ids, codes] = await database.numbers(
    `select id::double, (case when value is not null then coalesce(list_position([${list}]::varchar[], value), ${LABELLED + 1}) - 1 end)::double
     from (${valued}) order by id`,
    parameters.values,
  );
  return { ids: Int32Array.from(ids), values: Float32Array.from(codes), labels };
}
