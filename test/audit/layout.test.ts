import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FITTED, layOut } from "../../src/audit/layout/lay-out.js";
import { pictureLayout } from "../../src/audit/layout/picture-layout.js";
import { random } from "../../src/core/random.js";
import { type AuditOfPictures, auditOfPictures } from "../explorer/audits.js";

/** Rows of some groups, each about its own corner, and the group of each. */
function groupedRows(count: number, groups: number, length = 6): { rows: Float32Array; group: number[] } {
  const source = random(3);
  const group = Array.from({ length: count }, (_, i) => i % groups);
  const value = (i: number) => (i % length === group[Math.floor(i / length)] ? 1 : 0) + 0.05 * source.normal();
  return { rows: Float32Array.from({ length: count * length }, (_, i) => value(i)), group };
}

/** Share of rows whose nearest place belongs to their own group. */
function together(places: Float32Array, group: readonly number[], step: number): number {
  let [right, all] = [0, 0];
  for (let i = 0; i < group.length; i += step) {
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    for (let j = 0; j < group.length; j++) {
      const away = (places[2 * i] - places[2 * j]) ** 2 + (places[2 * i + 1] - places[2 * j + 1]) ** 2;
      if (j !== i && away < least) [best, least] = [j, away];
    }
    if (group[best] === group[i]) right += 1;
    all += 1;
  }
  return right / all;
}

test("rows of a group lie together, those that UMAP never saw too, the same for the same seed", async () => {
  const count = FITTED + 200;
  const { rows, group } = groupedRows(count, 4);
  const places = await layOut({ rows, length: 6, seed: 5 });
  assert.equal(places.length, 2 * count);
  assert.ok(Math.min(...places) >= 0 && Math.max(...places) <= 1);
  assert.ok(together(places, group, 7) > 0.98);
});

test("the same rows and seed give the same places bit for bit, few rows and equal ones a place each", async () => {
  const { rows } = groupedRows(120, 3);
  assert.deepEqual(await layOut({ rows, length: 6, seed: 1 }), await layOut({ rows, length: 6, seed: 1 }));
  for (const count of [1, 3, 5]) {
    const places = await layOut({ rows: new Float32Array(count * 6), length: 6, seed: 0 });
    assert.equal(places.length, 2 * count);
    assert.ok(places.every(Number.isFinite));
  }
});

describe("the layout of an audit's pictures", () => {
  let made: AuditOfPictures;
  before(async () => {
    made = await auditOfPictures(72, { hostile: true });
  });
  after(() => made?.[Symbol.asyncDispose]());

  test("has every picture that was looked at, is kept beside the audit, and made again byte for byte", async () => {
    const folder = join(made.audit.folder, "layouts");
    for (const by of ["features", "maps"] as const) {
      const { ids, places, note } = await pictureLayout(made.audit, by);
      const rows = await made.audit.query(
        "select shard * 64 + map_row as id from results where error is null order by shard, map_row",
      );
      assert.deepEqual(
        [...ids],
        rows.map(({ id }) => Number(id)),
      );
      assert.equal(places.length, 2 * ids.length);
      assert.match(note, /^UMAP of .+; seed 0\./);
      const name = (await readdir(folder)).find((one) => one.startsWith(by)) as string;
      const bytes = await readFile(join(folder, name));
      assert.deepEqual(await pictureLayout(made.audit, by), { ids, places, note });
      await rm(join(folder, name));
      await pictureLayout(made.audit, by);
      assert.deepEqual(await readFile(join(folder, name)), bytes);
    }
  });
});
