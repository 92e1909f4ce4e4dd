import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { sealedSql } from "../../src/audit/servers/sealed-sql.js";
import { readParquet, sql } from "../../src/audit/sql.js";
import { folder } from "./pictures.js";

/** A folder for each name, with a Parquet file that holds its name. */
async function named(...names: string[]): Promise<string> {
  const root = await folder();
  for (const name of names) {
    await mkdir(join(root, name));
    const columnData = [{ name: "path", type: "STRING" as const, data: [name] }];
    await writeFile(join(root, name, "rows.parquet"), new Uint8Array(parquetWriteBuffer({ columnData })));
  }
  return root;
}

const strange = ["run[1]", "o*", "q?", "[[", "it's", "br]ck", "path=9", "back\\slash"];
const decoys = ["run1", "oo", "qq"];

for (const name of strange) {
  test(`a file in a folder called ${name} is that file and no other`, async () => {
    const root = await named(...decoys, ...strange);
    const file = join(root, name, "rows.parquet");
    const tables = [{ name: "t", files: [file] }];
    assert.deepEqual(await sql("select path from t", [], tables), [{ path: name }]);
    assert.deepEqual(await sealedSql("select path from t", [], tables), [{ path: name }]);
    assert.deepEqual((await readParquet(file)).rows, [{ path: name }]);
  });
}

test("a sealed statement reads no other file, whatever the names of its own", async () => {
  const root = await named("run1", "run[1]");
  const tables = [{ name: "t", files: [join(root, "run[1]", "rows.parquet")] }];
  const other = `select path from read_parquet('${join(root, "run1", "rows.parquet")}')`;
  await assert.rejects(sealedSql(other, [], tables), { code: "bad-data", message: /Permission/ });
});

test("a table without rows has its columns still; one that cannot be read is named", async () => {
  const root = await folder();
  const columnData = [{ name: "path", type: "STRING" as const, data: [] }];
  await writeFile(join(root, "none.parquet"), new Uint8Array(parquetWriteBuffer({ columnData })));
  assert.deepEqual(await readParquet(join(root, "none.parquet")), { columns: ["path"], rows: [] });
  await writeFile(join(root, "bad.parquet"), "no Parquet");
  await assert.rejects(readParquet(join(root, "bad.parquet")), {
    code: "bad-data",
    message: /cannot read the list bad\.parquet/,
  });
});

test("a sealed statement has its limits: time, memory, length, depth; who asks it stays as it was", async () => {
  const refused = (statement: string, message: RegExp, limits = {}) =>
    assert.rejects(sealedSql(statement, [], [], limits), { code: "bad-data", message });
  const started = performance.now();
  await refused("select count(*) from range(1e12::bigint) a(i) where sqrt(i) < 0", /took more than 2 s/, {
    seconds: 2,
  });
  assert.ok(performance.now() - started < 30_000);
  const little = { bytes: 2 ** 28 };
  await refused("select length(repeat('x', 4000000000))", /took more than 0\.25 GiB of memory/, little);
  await refused("select length(list_sort(range(2000000000)::varchar[])::varchar)", /memory/i, little);
  await refused(`select ${" ".repeat(2 ** 22)} 1`, /4194\d+ characters, more than 4194304/);
  await refused(`select ${"(".repeat(20_000)}1${")".repeat(20_000)}`, /memory exhausted|depth/);
  await refused("set memory_limit = '100GB'", /configuration has been locked/);
  assert.ok(process.resourceUsage().maxRSS < 2 ** 20, "KiB");
});
