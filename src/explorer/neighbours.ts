import type { Audit } from "../audit/audit.js";
import { numberOf } from "../audit/shards/shard.js";
import { coarse, evidenceOf } from "../audit/shortcuts/evidence.js";
import type { Database } from "../platform/sql.js";

/** Side of the grid on which maps are compared. */
const SIDE = 8;
const COUNT = 8;
/** Rows that one statement takes. */
const BATCH = 2048;

/** Which pictures have maps most like another one's, by the cosine between their positive evidence on a grid of 8 × 8. */
export class Neighbours {
  readonly #audit: Audit;
  readonly #database: Database;
  #read: Promise<void> | undefined;

  constructor(audit: Audit, database: Database) {
    this.#audit = audit;
    this.#database = database;
  }

  async of(id: number): Promise<{ id: number; similarity: number }[]> {
    this.#read ??= this.#readMaps();
    await this.#read;
    const [ids, similarities] = await this.#database.numbers(
      `select other.id::double, array_cosine_similarity(other.evidence, own.evidence)::double as similarity
       from evidence other, evidence own where own.id = $1 and other.id <> $1
       order by similarity desc, other.id limit ${COUNT}`,
      [id],
    );
    return Array.from(ids, (other, i) => ({ id: other, similarity: similarities[i] }));
  }

  /** Reads every map once, shard by shard. */
  async #readMaps(): Promise<void> {
    await this.#database.query(`create table evidence (id integer, evidence float[${SIDE * SIDE}])`);
    const [shards, cells] = await this.#database.numbers(
      "select shard::double, map_row::double from pictures where error is null order by shard, map_row",
    );
    let lines: string[] = [];
    for (const [i, shard] of shards.entries()) {
      const map = await this.#audit.map({ shard, map_row: cells[i] });
      const grid = map && coarse(evidenceOf(map));
      if (grid?.some((value) => value > 0)) lines.push(`${numberOf(shard, cells[i])},${[...grid].join(",")}`);
      if (lines.length < BATCH && i + 1 < shards.length) continue;
      await this.#insert(lines);
      lines = [];
    }
  }

  async #insert(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#database.query(
      `insert into evidence select values[1]::integer, values[2:]::float[${SIDE * SIDE}] from
       (select string_split(unnest(string_split($1, ';')), ',')::float[] as values)`,
      [lines.join(";")],
    );
  }
}
