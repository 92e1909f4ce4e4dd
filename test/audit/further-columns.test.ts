import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { audit, auditColumns, compareAudits, openAudit } from "../../src/audit/index.js";
import { furtherColumns } from "../../src/audit/sources/further-columns.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { exported } from "../../src/explorer/export/export.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { colourModel } from "../support/colour-model.js";
import { folder } from "./pictures.js";

const script = "<img src=x onerror=alert(1)>";

/** Type and values of a column with these cells. */
function typed(...cells: readonly unknown[]) {
  const files = cells.map((_, i) => `${i}.png`);
  const rows = new Map(files.map((file, i) => [file, { cell: cells[i] }]));
  const [column] = furtherColumns(files, rows).columns;
  return [column.type, ...column.data];
}

describe("the type of a column of a list", () => {
  const cases: Record<string, readonly [cells: readonly unknown[], expected: readonly unknown[]]> = {
    "whole numbers": [
      ["1", "-2", ""],
      ["INT32", 1, -2, null],
    ],
    "fractions, with what tools write for none": [
      ["1.5", "nan", "2e3", "NA"],
      ["DOUBLE", 1.5, null, 2000, null],
    ],
    "numbers of Parquet": [
      [1.25, Number.NaN, 3],
      ["DOUBLE", 1.25, null, 3],
    ],
    "postal codes are texts": [
      ["04109", "10115"],
      ["STRING", "04109", "10115"],
    ],
    "long identifiers are texts": [
      ["90071992547409931", "1"],
      ["STRING", "90071992547409931", "1"],
    ],
    "country codes are texts": [
      ["NA", "DE"],
      ["STRING", "NA", "DE"],
    ],
    booleans: [
      ["true", "False", null],
      ["BOOLEAN", true, false, null],
    ],
    days: [
      ["2021-03-04", ""],
      ["TIMESTAMP", new Date("2021-03-04"), null],
    ],
    "times without a zone are UTC": [
      ["2021-03-04 05:06", "2021-03-04T05:06:07+02:00"],
      ["TIMESTAMP", new Date("2021-03-04T05:06Z"), new Date("2021-03-04T03:06:07Z")],
    ],
    "a day that is none": [
      ["2021-02-30", "2021-03-04"],
      ["STRING", "2021-02-30", "2021-03-04"],
    ],
    "a number among words": [
      ["1", "two"],
      ["STRING", "1", "two"],
    ],
    "several texts are one": [
      [["a", "b"], []],
      ["STRING", "a|b", null],
    ],
  };
  for (const [what, [cells, expected]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual(typed(...cells), expected));
  }
});

test("columns are bounded in number, name and value, and what was changed is said", () => {
  const wide = Object.fromEntries(Array.from({ length: 103 }, (_, i) => [`c${i}`, i]));
  const row = { Width: 1, [`long ${"x".repeat(200)}`]: 2, "a\nb\u202e": 3, __proto__2: 4, text: "y".repeat(1200) };
  const cells = { ...row, empty: "", nested: { a: 1 }, bytes: new Uint8Array(2), ...wide };
  Object.defineProperty(cells, "__proto__", { value: 5, enumerable: true });
  const { columns, notes } = furtherColumns(["a.png"], new Map([["a.png", cells]]));
  assert.equal(columns.length, 100);
  const names = columns.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 6), ["list_Width", `long ${"x".repeat(95)}`, "a b", "__proto__2", "text", "c0"]);
  assert.equal(columns[4].data[0], `${"y".repeat(1000)}…`);
  assert.deepEqual(notes, [
    "the list's column 'Width' is called 'list_Width' in the audit",
    `the list's column 'long ${"x".repeat(95)}' is called 'long ${"x".repeat(95)}' in the audit`,
    "the list's column 'a b' is called 'a b' in the audit",
    "1 value of the list's column 'text' is cut at 1,000 characters",
    "1 column of the list without any value left out: 'empty'",
    "2 columns of the list of nested values or bytes left out: 'nested', 'bytes'",
    "9 columns of the list beyond the first 100 left out: 'c95', 'c96', 'c97', 'c98', 'c99', …",
  ]);
});

test("two columns that differ in case alone have a name each, as DuckDB tells them apart by more", () => {
  const { columns } = furtherColumns(["a.png"], new Map([["a.png", { Site: 1, site: 2, SITE: 3, ["__proto__"]: 4 }]]));
  assert.deepEqual(
    columns.map(({ name, data }) => [name, data[0]]),
    [
      ["Site", 1],
      ["list_site", 2],
      ["list_SITE_2", 3],
      ["list___proto__", 4],
    ],
  );
});

describe("an audit of a list with further columns", () => {
  let model: Model;
  let root: string;
  const colours = ["red", "green", "blue"];
  const list = () => join(root, "list.csv");
  const out = () => join(root, "audit");
  const names = ["a.png", "b.png", "c.png", "d.png"];
  /** Names that our own statements use, and one of each type. */
  const heading = `path,label,camera,taken,iso,flash,${script},value,step,code,count,pictures,inside,nth,width`;
  const lines = names.map((name, i) => {
    const own = [["east", "west"][i % 2], `2021-03-0${i + 1}`, 100 * (i + 1) + 0.5, i % 2 === 0, `"${script}${i}"`];
    return [name, colours[i % 3], ...own, i, i, `k${i}`, i, i, i, i, 7].join(",");
  });
  before(async () => {
    root = await folder();
    await mkdir(out());
    const file = join(root, "colours.onnx");
    await writeFile(file, colourModel().serialize());
    model = await loadModel(file, { labels: colours, preprocess: { mean: 0, std: 1 }, threads: 1 });
    for (const [i, name] of names.entries()) {
      const background = { r: 60 * i, g: 200 - 40 * i, b: 30 * i };
      await sharp({ create: { width: 32, height: 32, channels: 3, background } }).toFile(join(root, name));
    }
    await writeFile(list(), [heading, ...lines, ""].join("\n"));
    await audit(model, list(), { method: "occlusion", out: out() });
  });
  after(async () => {
    await model?.close();
    await rm(root, { recursive: true, force: true });
  });

  const contents = async (at: string) => {
    const found = await readdir(at, { recursive: true, withFileTypes: true });
    const some = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Promise.all(some.sort().map(async (path) => [path.slice(at.length), await readFile(path, "base64")]));
  };

  test("has them in its results, typed, and says what it calls those that it has itself", async () => {
    const result = await openAudit(out());
    const rows = await result.query("select * from results order by path");
    assert.deepEqual(Object.keys(rows[0]).slice(0, auditColumns.length), auditColumns);
    const { camera, taken, iso, flash, [script]: hostile, list_width, width } = rows[1];
    assert.deepEqual(
      [camera, taken, iso, flash, hostile, list_width, width],
      ["west", new Date("2021-03-02"), 200.5, false, `${script}1`, 7, 32],
    );
    assert.deepEqual(result.manifest.notes, ["the list's column 'width' is called 'list_width' in the audit"]);
  });

  test("is the same byte for byte when it is run again, whatever order its rows have", async () => {
    const before = await contents(out());
    await audit(model, list(), { method: "occlusion", out: out() });
    assert.deepEqual(await contents(out()), before);
    const again = join(root, "again");
    await writeFile(list(), [heading, ...lines.toReversed(), ""].join("\n"));
    await audit(model, list(), { method: "occlusion", out: again });
    assert.deepEqual(await contents(again), before);
  });

  test("takes a new column of the list without looking at a picture again, and lets go of one that is gone", async () => {
    const changed = join(root, "changed");
    await audit(model, list(), { method: "occlusion", out: changed });
    const maps = await readFile(join(changed, "maps/000000.npy"));
    await writeFile(
      list(),
      `path,label,site\n${names.map((name, i) => `${name},${colours[i % 3]},s${i}`).join("\n")}\n`,
    );
    const passes: number[] = [];
    const result = await audit(model, list(), {
      method: "occlusion",
      out: changed,
      onProgress: ({ done }) => passes.push(done),
    });
    assert.deepEqual(passes, []);
    const [row] = await result.query("select * from results where site = 's2'");
    assert.equal(row.path, "c.png");
    assert.equal("camera" in row, false);
    assert.deepEqual(result.manifest.notes, []);
    assert.deepEqual((await openAudit(changed)).manifest.notes, []);
    assert.deepEqual(await readFile(join(changed, "maps/000000.npy")), maps);
    await writeFile(list(), [heading, ...lines, ""].join("\n"));
  });

  test("a list of labels beside a folder brings its columns, too", async () => {
    const beside = join(root, "beside");
    const result = await audit(model, join(root, "?.png"), { method: "occlusion", out: beside, truth: list() });
    assert.deepEqual(await result.query("select path, camera, taken from results where iso > 350"), [
      { path: "d.png", camera: "west", taken: new Date("2021-03-04") },
    ]);
  });

  test("the explorer counts, finds, sorts and colours by them, whatever they are called", async () => {
    const result = await openAudit(out());
    const explorer = await Explorer.open(result, { before: result });
    try {
      const { columns } = await explorer.about();
      const listed = columns.filter(({ listed }) => listed).map(({ name, kind, time }) => [name, kind, time ?? false]);
      const [day, texts] = [24 * 3600e3, (name: string) => [name, "category", false]];
      assert.deepEqual(listed, [
        ...[texts("camera"), ["taken", "number", true], ["iso", "number", false], texts("flash"), texts(script)],
        ...["value", "step", "code", "count", "pictures", "inside", "nth", "list_width"].map(texts),
      ]);
      const taken = columns.find(({ name }) => name === "taken");
      assert.deepEqual([taken?.low, taken?.high], [Date.UTC(2021, 2, 1), Date.UTC(2021, 2, 4)]);
      for (const { name } of columns) {
        const [facet] = await explorer.facets([], [name]);
        const counts = facet.kind === "range" ? facet.counts : facet.values.map(({ count }) => count);
        const missing = facet.kind === "range" ? facet.missing : 0;
        if (columns.find((one) => one.name === name)?.kind !== "set") {
          assert.equal(counts.reduce((a, b) => a + b, 0) + missing, names.length, name);
        }
        assert.equal((await explorer.values(name)).values.length, names.length, name);
        assert.equal((await explorer.order([], { column: name, descending: true })).length, names.length, name);
      }
      const low = Date.UTC(2021, 2, 2);
      assert.deepEqual(
        [...(await explorer.order([{ kind: "range", column: "taken", from: low, to: low + day }], null))],
        [1, 2],
      );
      assert.deepEqual([...(await explorer.order([{ kind: "text", text: "WEST" }], null))], [1, 3]);
      const where = "camera = 'east' and taken >= '2021-03-02'";
      assert.deepEqual([...(await explorer.order([{ kind: "sql", where }], null))], [2]);
      assert.deepEqual([...(await explorer.order([], { column: "taken", descending: true }))], [3, 2, 1, 0]);
      const overview = await explorer.overview([{ kind: "values", column: script, values: [`${script}3`] }]);
      assert.equal(overview.confusion?.all.known, 1);
      assert.deepEqual((await explorer.detail(3)).row.taken, "2021-03-04");
    } finally {
      await explorer.close();
    }
    const slice = await result.saveSlice("flash", { where: "flash and inside < 2" });
    assert.equal(slice.own.pictures, 1);
    await result.removeSlice("flash");
    assert.equal((await compareAudits(result, result)).pictures, names.length);
  });

  test("what leaves the explorer has them, times as times", async () => {
    const explorer = await Explorer.open(await openAudit(out()));
    const table = await explorer.table([]);
    await explorer.close();
    const csv = new TextDecoder().decode(exported(table, "csv", "audit").bytes).split("\r\n");
    assert.ok(csv[0].includes(`,camera,taken,iso,flash,${script},`), csv[0]);
    assert.ok(csv[2].includes(`,west,2021-03-02,200.5,false,${script}1,`), csv[2]);
    const parquet = join(root, "out.parquet");
    await writeFile(parquet, exported(table, "parquet", "audit").bytes);
    const { sql } = await import("../../src/audit/sql.js");
    const from = [{ name: "t", files: [parquet] }];
    const [row] = await sql("select taken, iso from t where taken = '2021-03-02'", [], from);
    assert.deepEqual(row, { taken: new Date("2021-03-02"), iso: 200.5 });
    const { sample_fields, samples } = JSON.parse(new TextDecoder().decode(exported(table, "fiftyone", "audit").bytes));
    assert.equal(sample_fields.taken, "fiftyone.core.fields.DateTimeField");
    assert.deepEqual(samples[1].taken, { $date: Date.UTC(2021, 2, 2) });
  });
});
