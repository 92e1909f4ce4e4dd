import type { Database } from "../platform/sql.js";
import { columnOf, numberSql, Parameters, type PicturesOf, quoted, whereSql } from "./conditions.js";
import type { Column, Facet, Filter } from "./types.js";

/** Values of a column that are listed. */
const LISTED = 50;
/** Steps of a histogram. */
export const STEPS = 24;

interface Counted {
  readonly database: Database;
  readonly columns: ReadonlyMap<string, Column>;
  readonly picturesOf: PicturesOf;
}

/** How many pictures have each value of a column, of those that the conditions on other columns leave. */
export function facetOf(counted: Counted, name: string, filter: Filter): Promise<Facet> {
  const column = columnOf(name, counted.columns);
  return column.kind === "number" ? histogram(counted, column, filter) : valueCounts(counted, column, filter);
}

const without = (filter: Filter, name: string) =>
  filter.filter((condition) => !("column" in condition && condition.column === name));

async function valueCounts({ database, columns, picturesOf }: Counted, column: Column, filter: Filter): Promise<Facet> {
  const parameters = new Parameters();
  const where = whereSql(without(filter, column.name), columns, parameters, picturesOf);
  const chosen = filter.flatMap((one) => (one.kind === "values" && one.column === column.name ? one.values : []));
  const name = quoted(column.name);
  const values =
    column.kind === "set"
      ? `select distinct id, value from (select id from pictures where ${where}) left join ${name} using (id)`
      : `select ${name}::varchar as value from pictures where ${where}`;
  const { rows } = await database.query(
    `select value, count(*)::double as count from (${values}) group by value order by count desc, value`,
    parameters.values,
  );
  const counts = rows.map(({ value, count }) => ({ value: value as string | null, count: Number(count) }));
  const listed = counts.filter(({ value }, i) => i < LISTED || chosen.includes(value));
  const gone = chosen.filter((value) => !counts.some((one) => one.value === value));
  return {
    kind: "values",
    column: column.name,
    values: [...listed, ...gone.map((value) => ({ value, count: 0 }))],
    more: counts.length - listed.length,
  };
}

async function histogram({ database, columns, picturesOf }: Counted, column: Column, filter: Filter): Promise<Facet> {
  const { name, low = 0, high = 1 } = column;
  const parameters = new Parameters();
  const where = whereSql(without(filter, name), columns, parameters, picturesOf);
  const number = numberSql(column);
  const step = `least(${STEPS - 1}, floor((${number} - ${low}::double) / ${high - low}::double * ${STEPS}))`;
  const [steps, counts] = await database.numbers(
    `select case when isfinite(${number}) then ${step} end, count(*)::double from pictures where ${where} group by 1`,
    parameters.values,
  );
  const all = new Array<number>(STEPS).fill(0);
  let missing = 0;
  steps.forEach((at, i) => {
    if (Number.isNaN(at)) missing = counts[i];
    else all[at] = counts[i];
  });
  return { kind: "range", column: name, counts: all, missing };
}
