import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { type Audit, type AuditRow, audit, auditColumns } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";

const run = promisify(execFile);
const windows = process.platform === "win32";
const PACKAGES = ["pandas==3.1.1", "pyarrow==26.0.1", "polars==2.1.0"];

/** Prints column types and rows; a value that is missing is None, whatever the reader calls it. */
const READERS = {
  pandas: `
import json, sys, pandas
table = pandas.read_parquet(sys.argv[1])
rows = [[None if pandas.isna(v) else v.item() if hasattr(v, "item") else v for v in row]
        for row in table.astype(object).itertuples(index=False, name=None)]
print(json.dumps({"types": {c: str(t) for c, t in table.dtypes.items()}, "rows": rows}, allow_nan=False))`,
  polars: `
import json, sys, polars
table = polars.read_parquet(sys.argv[1])
print(json.dumps({"types": {c: str(t) for c, t in table.schema.items()}, "rows": table.rows()}, allow_nan=False))`,
};

interface Read {
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly unknown[])[];
}

/** A Python of its own with the packages; the test fails where it cannot be had. */
async function python(place: string): Promise<string> {
  const program = join(place, windows ? "Scripts/python.exe" : "bin/python");
  try {
    await run(windows ? "python" : "python3", ["-m", "venv", place]);
    await run(program, ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", ...PACKAGES]);
  } catch (cause) {
    throw new Error(`this test needs Python 3.11 with venv, and ${PACKAGES.join(", ")} from a package index`, {
      cause,
    });
  }
  return program;
}

describe("results.parquet", () => {
  let program: string;
  let result: Audit;
  let rows: AuditRow[];
  const folders: string[] = [];
  before(async () => {
    const [place, pictures, out] = [await folder(), await pictureFolder(12, 91), await folder()];
    folders.push(place, pictures, out);
    program = await python(place);
    const [boat, cup] = await Promise.all(
      ["boat", "cup"].map(async (name) => {
        const [first] = await readdir(join(pictures, name));
        return readFile(join(pictures, name, first));
      }),
    );
    const names = [
      `it's "quoted", and; separated.png`,
      "żółta łódź 船 🚤.png",
      ...(windows ? [] : ["two\nlines\t.png"]),
    ];
    for (const name of names) await writeFile(join(pictures, name), boat);
    await writeFile(join(pictures, "boat", "a cup, in truth.png"), cup);
    await writeFile(join(pictures, `"broken" – ü.png`), "no picture");
    await using model = await loadModel(classroom.models.honest.url, {
      ...classroom.models.honest.options,
      threads: 1,
    });
    result = await audit(model, pictures, { method: "recipro-cam", shortcuts: false, stability: true, out });
    rows = (await result.query("select * from results order by shard, map_row")) as unknown as AuditRow[];
  });
  after(async () => {
    for (const one of folders) await rm(one, { recursive: true, force: true });
  });

  const read = async (script: string): Promise<Read> => {
    const { stdout } = await run(program, ["-c", script, join(result.folder, "results.parquet")], {
      maxBuffer: 1e8,
      env: { ...process.env, PYTHONUTF8: "1" },
    });
    return JSON.parse(stdout);
  };

  it("holds what is hard to read: nulls in every kind of column, both booleans, odd names", () => {
    for (const key of ["truth", "correct", "width", "probability", "error", "mask_share"] as const)
      assert.ok(
        rows.some((row) => row[key] === null),
        key,
      );
    assert.deepEqual(new Set(rows.map(({ correct }) => correct)), new Set([true, false, null]));
    for (const odd of [`"quoted"`, "船 🚤", ...(windows ? [] : ["\n"])])
      assert.ok(
        rows.some(({ path }) => path.includes(odd)),
        odd,
      );
  });

  for (const [name, script] of Object.entries(READERS)) {
    it(`is read by ${name} as by a query, every column and row`, async () => {
      const { types, rows: found } = await read(script);
      assert.deepEqual(Object.keys(types), [...auditColumns]);
      assert.equal(found.length, rows.length);
      for (const [c, column] of auditColumns.entries()) {
        assert.deepEqual(
          found.map((row) => row[c]),
          rows.map((row) => row[column]),
          column,
        );
      }
    });
  }

  it("gives columns the types that they have", async () => {
    const { types } = await read(READERS.polars);
    const expected = {
      path: "String",
      width: "Int32",
      probability: "Float64",
      correct: "Boolean",
      notes: "String",
      error: "String",
      mask_share: "Float64",
      shard: "Int32",
    };
    for (const [column, type] of Object.entries(expected)) assert.equal(types[column], type, column);
    const pandas = (await read(READERS.pandas)).types;
    assert.deepEqual([pandas.path, pandas.probability, pandas.shard], ["str", "float64", "int32"]);
  });
});
