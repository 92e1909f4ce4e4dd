import type { Finding } from "../audit/findings.js";
import type { Database } from "../platform/sql.js";
import { Parameters } from "./conditions.js";
import type { Tests } from "./tests.js";
import type { ShownFinding } from "./types.js";

/** Pairs of pictures that are the same, of each finding. */
const MOST_PAIRS = 50;

/** What an audit flags, with what its tests said and the numbers of its pictures. */
export async function shownFindings(
  findings: readonly Finding[],
  tests: Tests,
  database: Database,
): Promise<ShownFinding[]> {
  const shown: ShownFinding[] = [];
  for (const [index, finding] of findings.entries()) {
    const [ids] = await database.numbers(
      "select id::double from flags join pictures using (id) where finding = $1 order by id",
      [index],
    );
    const pairs = await pairsOf(finding, database);
    shown.push({ ...(await tests.known(index)), ids: Int32Array.from(ids), pairs });
  }
  return shown;
}

async function pairsOf({ pictures, others = [] }: Finding, database: Database): Promise<[number, number][]> {
  const some = others.slice(0, MOST_PAIRS).map((other, i) => [pictures[i], other] as const);
  if (some.length === 0) return [];
  const parameters = new Parameters();
  const values = some.flat().map((path) => parameters.add(path));
  const { rows } = await database.query(
    `select path, id from pictures where path in (${values.join(", ")})`,
    parameters.values,
  );
  const ids = new Map(rows.map(({ path, id }) => [String(path), Number(id)]));
  const pairs = some.flatMap(([one, other]): [number, number][] => {
    const [a, b] = [ids.get(one), ids.get(other)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  // two pictures that name each other are one pair
  return pairs.filter(([a, b], i) => !pairs.slice(0, i).some(([x, y]) => x === b && y === a));
}
