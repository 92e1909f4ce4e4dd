import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { agree, type Rows } from "../../src/audit/layout/agree.js";
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

/** Rows of groups, and where UMAP lays them. */
async function laidOut(count: number, seed: number) {
  const { rows, group } = groupedRows(count, 4);
  const places = await layOut({ rows, length: 6, seed });
  const pairs = Int32Array.from({ length: 2 * count }, (_, i) => i >> 1);
  return { rows, group, places, pairs, earlier: { rows, length: 6 }, seed };
}

const moved = (a: Float32Array, b: Float32Array, i: number) =>
  Math.hypot(a[2 * i] - b[2 * i], a[2 * i + 1] - b[2 * i + 1]);

/** Rows in other coordinates: mirrored, turned in three planes, scaled, moved, and with two more dimensions of nothing. */
function elsewhere(rows: Float32Array): Rows {
  const length = 8;
  const out = new Float32Array((rows.length / 6) * length);
  for (let i = 0; i * 6 < rows.length; i++) {
    const row = [...rows.subarray(6 * i, 6 * i + 6), 0, 0];
    row[0] = -row[0];
    for (const [a, b] of [
      [0, 6],
      [1, 4],
      [3, 7],
    ]) {
      const [x, y] = [row[a], row[b]];
      [row[a], row[b]] = [Math.cos(1) * x - Math.sin(1) * y, Math.sin(1) * x + Math.cos(1) * y];
    }
    out.set(
      row.map((value) => 3 * value + 5),
      i * length,
    );
  }
  return { rows: out, length };
}

describe("two audits on one map", () => {
  test("what is seen as before stays where it was, bit for bit, with and without a turn of the coordinates", async () => {
    const { places, pairs, earlier, seed } = await laidOut(160, 2);
    assert.deepEqual(agree({ earlier, later: earlier, pairs, places, seed, turn: false }), places);
    const turn = agree({ earlier, later: earlier, pairs, places, seed, turn: true });
    for (let i = 0; i < 160; i++) assert.ok(moved(turn, places, i) < 1e-3, String(moved(turn, places, i)));
  });

  test("features that were mirrored, turned, scaled and moved come back, the same each time", async () => {
    const { rows, places, pairs, earlier, seed } = await laidOut(160, 2);
    const request = { earlier, later: elsewhere(rows), pairs, places, seed, turn: true };
    const found = agree(request);
    for (let i = 0; i < 160; i++) assert.ok(moved(found, places, i) < 2e-3, String(moved(found, places, i)));
    assert.deepEqual(agree(request), found);
    const without = agree({ ...request, later: { rows: elsewhere(rows).rows, length: 6 }, turn: false });
    assert.ok(moved(without, places, 0) > 0.02, "without the turn it does not");
  });

  test("a class that is seen as another one goes there, and nothing else moves", async () => {
    const { rows, group, places, pairs, earlier, seed } = await laidOut(160, 2);
    const changed = rows.slice();
    for (let i = 0; i < 160; i++) {
      if (group[i] !== 3) continue;
      changed[6 * i + 3] -= 1;
      changed[6 * i + 1] += 1;
    }
    const found = agree({ earlier, later: elsewhere(changed), pairs, places, seed, turn: true });
    for (let i = 0; i < 160; i++) {
      if (group[i] !== 3) {
        assert.ok(moved(found, places, i) < 5e-3, `${group[i]}: ${moved(found, places, i)}`);
        continue;
      }
      const near = Array.from(group.keys(), (j) => j).filter((j) => j !== i && group[j] !== 3);
      const away = (j: number) => Math.hypot(found[2 * i] - places[2 * j], found[2 * i + 1] - places[2 * j + 1]);
      assert.equal(group[near.toSorted((a, b) => away(a) - away(b))[0]], 1);
    }
  });

  test("a picture that the earlier audit did not have lies among those that it is like", async () => {
    const { rows, group, places, earlier, seed } = await laidOut(160, 2);
    const pairs = Int32Array.from({ length: 2 * 120 }, (_, i) => i >> 1);
    const found = agree({ earlier, later: elsewhere(rows), pairs, places, seed, turn: true });
    assert.ok(together(found, group, 1) > 0.98);
  });
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
