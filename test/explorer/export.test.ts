import assert from "node:assert/strict";
import { readdir, readFile, readlink, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { sql } from "../../src/audit/sql.js";
import { filterOf, formatOf } from "../../src/cli/export/choice.js";
import { pictureFolder, safePath } from "../../src/cli/export/picture-folder.js";
import { rowsFile } from "../../src/cli/export/rows-file.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { folder } from "../audit/pictures.js";
import { type AuditOfPictures, auditOfPictures, HOSTILE_NAMES } from "./audits.js";

describe("pictures that leave an audit", () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let out: string;
  before(async () => {
    made = await auditOfPictures(24, { hostile: true });
    await made.audit.tag('odd, "names"', { pictures: HOSTILE_NAMES });
    await made.audit.tag("=1+1", { pictures: [HOSTILE_NAMES[0]] });
    await made.audit.note("two\nlines; one is =odd", { pictures: [HOSTILE_NAMES[1]] });
    await made.audit.saveSlice("boats", { where: "prediction = 'boat'" });
    explorer = await Explorer.open(made.audit);
    out = await folder();
  });
  after(async () => {
    await explorer?.close();
    await rm(out, { recursive: true, force: true });
    await made?.[Symbol.asyncDispose]();
  });

  const odd = [{ kind: "values" as const, column: "tags", values: ['odd, "names"'] }];
  const expected = async () =>
    (await made.audit.query("select * from results order by shard, map_row")).filter(({ path }) =>
      HOSTILE_NAMES.includes(String(path)),
    );

  test("CSV and Parquet say of each picture what the audit says, its tags and notes, and where it lies", async () => {
    const table = await explorer.table(odd);
    const [csv, parquet] = [join(out, "odd.csv"), join(out, "odd.parquet")];
    const { notes } = await rowsFile(table, csv, formatOf(csv), made.audit.folder);
    await rowsFile(table, parquet, formatOf(parquet), made.audit.folder);
    const read = {
      csv: await sql(
        `select * from read_csv('${csv}', header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false)`,
      ),
      parquet: await sql("select * from t", [], [{ name: "t", files: [parquet] }]),
    };
    for (const [format, rows] of Object.entries(read)) {
      const want = await expected();
      assert.deepEqual(
        rows.map(({ path }) => path),
        want.map(({ path }) => path),
        format,
      );
      for (const [i, row] of rows.entries()) {
        for (const [name, value] of Object.entries(want[i])) {
          const [given, own] =
            format === "csv" ? [row[name], value === null ? null : String(value)] : [row[name], value];
          assert.deepEqual(given, own, `${format} ${name}`);
        }
        assert.equal(row.file, join(made.pictures, String(row.path)));
        const tags = row.path === HOSTILE_NAMES[0] ? '=1+1|odd, "names"' : 'odd, "names"';
        assert.equal(row.tags, tags);
        assert.equal(row.remarks ?? null, row.path === HOSTILE_NAMES[1] ? "two\nlines; one is =odd" : null);
      }
    }
    assert.match(notes.join(), /^1 cell of the CSV file begins with =, \+, - or @/);
    assert.match(await readFile(csv, "utf8"), /^path,sha256,[^\n]*\r\n/);
  });

  test("a FiftyOne dataset has the files, tags, truths and predictions", async () => {
    const { bytes } = await explorer.export([], "fiftyone");
    const dataset = JSON.parse(new TextDecoder().decode(bytes));
    assert.equal(dataset.media_type, "image");
    const rows = await made.audit.query("select * from results order by shard, map_row");
    assert.equal(dataset.samples.length, rows.length);
    for (const [i, sample] of dataset.samples.entries()) {
      const { path, truth, prediction, probability, concentration, width } = rows[i];
      assert.equal(sample.filepath, join(made.pictures, String(path)));
      assert.equal(sample.ground_truth?.label ?? null, truth);
      assert.equal(sample.prediction?.label ?? null, prediction);
      assert.equal(sample.prediction?.confidence ?? null, probability);
      assert.deepEqual([sample.concentration, sample.width], [concentration, width]);
      assert.deepEqual(
        new Set(Object.keys(sample).filter((key) => !/^(filepath|tags|_media_type)$/.test(key))),
        new Set(Object.keys(dataset.sample_fields)),
      );
    }
    assert.equal(dataset.sample_fields.width, "fiftyone.core.fields.IntField");
    const hostile = dataset.samples.find((sample: { path: string }) => sample.path === HOSTILE_NAMES[0]);
    assert.deepEqual(hostile.tags, ["=1+1", 'odd, "names"']);
  });

  test("the command line's choices are conditions, tags and slices; what there is none of is refused", async () => {
    const { audit } = made;
    const count = async (flags: Partial<Parameters<typeof filterOf>[1]>) =>
      (await explorer.order(await filterOf(audit, { tag: [], ...flags }), null)).length;
    const [{ boats, odd: both }] = await audit.query(
      "select count(*) filter (prediction = 'boat') as boats, count(*) filter (prediction = 'boat' and path like '<img%') as odd from results",
    );
    assert.equal(await count({}), 29);
    assert.equal(await count({ where: "prediction = 'boat'" }), boats);
    assert.equal(await count({ slice: "boats" }), boats);
    assert.equal(await count({ slice: "boats", tag: ["=1+1"] }), both);
    await assert.rejects(filterOf(audit, { tag: ["=1+2"] }), { code: "bad-config", message: /=1\+1/ });
    await assert.rejects(filterOf(audit, { tag: [], slice: "boat" }), { code: "bad-config", message: /boats/ });
    for (const to of ["x", "x.txt", "folder/", ".csv/x", "x.constructor"]) {
      assert.throws(() => formatOf(to), { code: "bad-config" }, to);
    }
  });

  test("links and copies lie inside of their folder, whatever the names, and what is gone is said", async () => {
    const table = await explorer.table(odd);
    const evil = [
      "../../evil.png",
      "/etc/passwd.png",
      "a/../../b.png",
      "..",
      "CON.png",
      "x\u0000y.png",
      `${"long".repeat(99)}.png`,
      "Same.png",
      "same.png",
      "trailing. /x.png",
    ];
    const rows = [
      ...table.rows,
      ...evil.map((path) => ({ ...table.rows[0], path })),
      { ...table.rows[0], path: "gone.png", file: join(made.pictures, "gone.png") },
      { ...table.rows[0], path: "device.png", file: "/dev/zero" },
    ];
    for (const how of ["links", "copies"] as const) {
      const to = join(out, how);
      const outcome = await pictureFolder({ ...table, rows }, to, how);
      assert.deepEqual(outcome.missing, [join(made.pictures, "gone.png"), "/dev/zero"]);
      assert.equal(outcome.pictures, table.rows.length + evil.length);
      const entries = await readdir(to, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory());
      assert.equal(files.length, outcome.pictures);
      for (const file of files) {
        const place = join(file.parentPath, file.name);
        assert.equal(file.isSymbolicLink(), how === "links", file.name);
        if (how === "links") assert.ok((await readlink(place)).startsWith("/"));
        assert.ok((await realpath(file.parentPath)).startsWith(await realpath(to)));
        assert.ok((await stat(place)).size > 0);
      }
      await assert.rejects(pictureFolder(table, to, how), { code: "bad-config", message: /no empty folder/ });
    }
    await writeFile(join(out, "file"), "");
    await assert.rejects(pictureFolder(table, join(out, "file"), "links"), { code: "bad-config" });
  });

  test("no path leads out of a folder, and each part can be a name on any system", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.stringMatching(/^[./\\ a:%*]{0,20}$/)),
        (path) => {
          const safe = safePath(path);
          assert.ok(join("/folder", safe).startsWith("/folder/"), safe);
          for (const name of safe.split("/")) {
            assert.ok(
              name !== "" && !/^\.|[<>:"|?*\\\p{C}]|[. ]$/u.test(name) && name.length <= 240,
              JSON.stringify(name),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
