import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { AuditRow } from "../../src/audit/index.js";
import { Explorer } from "../../src/explorer/explorer.js";
import type { Condition, Filter } from "../../src/explorer/types.js";
import { type AuditOfPictures, auditOfPictures, HOSTILE_NAMES } from "./audits.js";

describe("an explorer of a finished audit", () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let rows: (AuditRow & { id: number })[];
  before(async () => {
    made = await auditOfPictures(72, { hostile: true });
    explorer = await Explorer.open(made.audit);
    const stored = (await made.audit.query("select * from results order by shard, map_row")) as unknown as AuditRow[];
    rows = stored.map((row) => ({ ...row, id: 64 * row.shard + row.map_row }));
  });
  after(async () => {
    await explorer?.close();
    await made?.[Symbol.asyncDispose]();
  });

  const holds = (row: (typeof rows)[number], condition: Condition): boolean => {
    switch (condition.kind) {
      case "values": {
        const value = row[condition.column as keyof AuditRow];
        return condition.values.includes(value === null ? null : String(value));
      }
      case "range": {
        const value = row[condition.column as keyof AuditRow];
        return typeof value === "number" && value >= condition.from && value <= condition.to;
      }
      case "text": {
        const { path, prediction, truth, case: name, notes, error } = row;
        const all = [path, prediction, truth, name, notes, error].join(" ").toLowerCase();
        return condition.text
          .toLowerCase()
          .split(/\s+/)
          .filter(Boolean)
          .every((word) => all.includes(word));
      }
      case "pictures":
        return condition.ids.includes(row.id);
      default:
        throw new Error(condition.kind);
    }
  };

  const values = (column: keyof AuditRow) =>
    fc
      .subarray(
        [
          null,
          "true",
          "false",
          ...new Set(
            rows
              .map((row) => row[column])
              .filter((v) => v !== null)
              .map(String),
          ),
        ],
        { minLength: 1 },
      )
      .map((some): Condition => ({ kind: "values", column, values: some }));
  const range = (column: keyof AuditRow) =>
    fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([a, b]): Condition => ({ kind: "range", column, from: Math.min(a, b), to: Math.max(a, b) }));
  const filters = () =>
    fc.array(
      fc.oneof(
        values("prediction"),
        values("correct"),
        values("truth"),
        range("probability"),
        range("concentration"),
        fc
          .constantFrom("boat", "Boat 00", "<img", "'", "", "%", "_")
          .map((text): Condition => ({ kind: "text", text })),
        fc.uniqueArray(fc.nat(90)).map((ids): Condition => ({ kind: "pictures", ids, name: "some" })),
      ),
      { maxLength: 4 },
    );

  test("finds exactly the pictures that every condition holds for, and counts each facet under the others", async () => {
    await fc.assert(
      fc.asyncProperty(filters(), async (filter: Filter) => {
        const left = rows.filter((row) => filter.every((condition) => holds(row, condition)));
        assert.deepEqual(
          [...(await explorer.order(filter, null))],
          left.map(({ id }) => id),
        );
        const [facet] = await explorer.facets(filter, ["prediction"]);
        assert.ok(facet.kind === "values");
        const others = filter.filter((one) => !("column" in one && one.column === "prediction"));
        const counted = rows.filter((row) => others.every((condition) => holds(row, condition)));
        for (const { value, count } of facet.values) {
          assert.equal(count, counted.filter(({ prediction }) => prediction === value).length, String(value));
        }
        const sum = facet.values.reduce((all, { count }) => all + count, 0);
        assert.equal(sum, counted.length);
        const [steps] = await explorer.facets(filter, ["probability"]);
        assert.ok(steps.kind === "range");
        const free = filter.filter((one) => !("column" in one && one.column === "probability"));
        const all = rows.filter((row) => free.every((condition) => holds(row, condition)));
        assert.equal(steps.counts.reduce((a, b) => a + b, 0) + steps.missing, all.length);
      }),
      { numRuns: 60 },
    );
  });

  test("sorts by any column, pictures without a value last either way", async () => {
    const values = rows.map(({ probability }) => probability).filter((value) => value !== null);
    for (const descending of [false, true]) {
      const ids = await explorer.order([], { column: "probability", descending });
      const found = [...ids].map((id) => rows.find((row) => row.id === id)?.probability ?? null);
      const sorted = values.toSorted((a, b) => (descending ? b - a : a - b));
      assert.deepEqual(found, [...sorted, ...new Array(rows.length - values.length).fill(null)]);
    }
  });

  test("takes conditions in SQL, in a process that sees the audit's tables and nothing else", async () => {
    const where = "prediction = 'boat' and probability > .9 -- and more";
    const expected = rows
      .filter((row) => row.prediction === "boat" && Number(row.probability) > 0.9)
      .map(({ id }) => id);
    assert.ok(expected.length > 0);
    assert.deepEqual([...(await explorer.order([{ kind: "sql", where }], null))], expected);
    for (const bad of [
      "path in (select content from read_text('/etc/hostname'))",
      "true) union select 0, 0 from read_csv('/etc/passwd') --",
      "prediction = ",
      "no_such_column = 1",
    ]) {
      await assert.rejects(explorer.order([{ kind: "sql", where: bad }], null), { code: "bad-data" }, bad);
    }
    assert.equal((await explorer.order([], null)).length, rows.length);
  });

  test("answers for pictures in any order, with maps of one size, and NaN where there is none", async () => {
    const broken = rows.find(({ error }) => error !== null)!;
    const whole = rows.find(({ error }) => error === null)!;
    const found = await explorer.rows([broken.id, whole.id, 9999]);
    assert.deepEqual(
      found.map(({ id }) => id).sort((a, b) => a - b),
      [broken.id, whole.id].sort((a, b) => a - b),
    );
    const { width, height, values } = await explorer.maps([broken.id, whole.id]);
    const stored = await made.audit.map(whole);
    assert.deepEqual([width, height], [stored?.width, stored?.height]);
    assert.ok(values.subarray(0, width * height).every(Number.isNaN));
    assert.deepEqual([...values.subarray(width * height)], [...(stored?.data ?? [])]);
  });

  test("tells all of a picture: its columns, its file, the pictures whose maps are most alike", async () => {
    const row = rows.find(({ path }) => path === HOSTILE_NAMES[0])!;
    const detail = await explorer.detail(row.id);
    const { shard, map_row, ...columns } = row;
    for (const [name, value] of Object.entries(columns)) assert.deepEqual(detail.row[name], value, name);
    assert.equal(detail.file, join(made.pictures, row.path));
    const twins = rows.filter(({ sha256, id }) => sha256 === row.sha256 && id !== row.id).map(({ id }) => id);
    assert.equal(twins.length, HOSTILE_NAMES.length);
    const first = detail.neighbours.slice(0, twins.length);
    assert.deepEqual(
      first.map(({ id }) => id).sort((a, b) => a - b),
      twins.sort((a, b) => a - b),
    );
    for (const { similarity } of first) assert.ok(similarity > 0.9999);
    await assert.rejects(explorer.detail(100_000), { code: "index-out-of-range" });
  });

  test("shows the picture as it lies there, and says so when it is gone", async () => {
    const row = rows.find(({ path }) => path.startsWith("boat/"))!;
    const jpeg = await explorer.picture(row.id);
    assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
    const broken = rows.find(({ error }) => error !== null)!;
    await assert.rejects(explorer.picture(broken.id), { code: "bad-image" });
    await rm(join(made.pictures, row.path));
    await assert.rejects(explorer.picture(row.id), { code: "file-not-found" });
  });

  test("says of some pictures as a whole what the audit says of all, and what was left out", async () => {
    const overview = await explorer.overview([]);
    assert.deepEqual(overview.confusion, await made.audit.confusion());
    assert.deepEqual(overview.calibration, await made.audit.calibration());
    const known = rows.filter(({ correct }) => correct !== null);
    assert.equal(overview.confusion?.all.known, known.length);
    assert.equal(overview.confusion?.all.right, known.filter(({ correct }) => correct).length);
    assert.deepEqual(
      overview.leftOut.map(({ code, pictures }) => [code, pictures]),
      [["bad-image", 1]],
    );
    const wrong = known.filter(({ correct }) => !correct).map(({ id }) => id);
    assert.deepEqual(
      [...overview.surprising].sort((a, b) => a - b),
      wrong.slice(0, 10),
    );
    const counted = Object.values(overview.confidence)
      .flat()
      .reduce((a, b) => a + b, 0);
    assert.equal(counted, rows.length - 1);
    const boats = await explorer.overview([{ kind: "values", column: "truth", values: ["boat"] }]);
    assert.deepEqual(
      boats.confusion?.classes.map(({ truth }) => truth),
      ["boat"],
    );
  });

  test("says what each picture is coloured by: a number, or the place of its label", async () => {
    const numbers = await explorer.values("probability");
    assert.deepEqual(
      [...numbers.ids],
      rows.map(({ id }) => id),
    );
    assert.deepEqual(
      [...numbers.values],
      rows.map(({ probability }) => Math.fround(probability ?? Number.NaN)),
    );
    assert.equal(numbers.labels, null);
    for (const column of ["prediction", "truth"] as const) {
      const { ids, values: codes, labels } = await explorer.values(column);
      assert.deepEqual(
        [...ids],
        rows.map(({ id }) => id),
      );
      const named = Array.from(codes, (code) => (Number.isNaN(code) ? null : labels?.[code]));
      assert.deepEqual(
        named,
        rows.map((row) => row[column]),
      );
    }
    const tags = await explorer.values("tags");
    assert.deepEqual([tags.labels, tags.values.every(Number.isNaN)], [[], true]);
    const paths = await explorer.values("case");
    assert.ok(paths.labels?.every((label) => rows.some((row) => row.case === label)));
    await assert.rejects(explorer.values('prediction" or true --'), { code: "bad-config" });
    const { ids, places } = await explorer.layout("maps");
    assert.deepEqual(
      [...ids],
      rows.filter(({ error }) => error === null).map(({ id }) => id),
    );
    assert.ok(places.every((place) => place >= 0 && place <= 1));
  });

  test("refuses columns that are not there", async () => {
    const column = 'prediction" or true --';
    await assert.rejects(explorer.order([{ kind: "values", column, values: ["x"] }], null), { code: "bad-config" });
    await assert.rejects(explorer.order([], { column, descending: true }), { code: "bad-config" });
    await assert.rejects(explorer.facets([], [column]), { code: "bad-config" });
  });
});
