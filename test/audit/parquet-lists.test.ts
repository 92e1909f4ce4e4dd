import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findItems } from "../../src/audit/sources/find-items.js";
import { sql } from "../../src/audit/sql.js";
import { folder } from "./pictures.js";

/** Truths of the pictures of a Parquet list that a query makes. */
async function truths(select: string, classes: readonly string[]): Promise<string[]> {
  const root = await folder();
  for (const name of ["a.png", "b.png", "c.png"]) await writeFile(join(root, name), "");
  await sql(`copy (${select}) to '${join(root, "list.parquet")}' (format parquet)`);
  const { items } = await findItems(join(root, "list.parquet"), classes);
  return items.map(({ path, truth }) => `${path}=${truth}`);
}

const rows = (path: string, label: string) =>
  `select ${path} as path, ${label} as label from (values ('a.png', 0), ('b.png', 1), ('c.png', 2)) t(p, n)`;

test("pictures in the structure of Hugging Face's datasets are their paths, where the files are there", async () => {
  const image = "{'bytes': '\\x89PNG'::blob, 'path': p}";
  assert.deepEqual(await truths(rows(image, "n"), ["red", "green", "blue"]), [
    "a.png=red",
    "b.png=green",
    "c.png=blue",
  ]);
  const elsewhere = "{'bytes': '\\x89PNG'::blob, 'path': 'not-' || p}";
  await assert.rejects(truths(rows(elsewhere, "n"), ["red", "green", "blue"]), {
    code: "bad-data",
    message: /the picture in row 1 of the list list\.parquet is inside the list/,
  });
  await assert.rejects(truths(rows("{'bytes': '\\x89PNG'::blob, 'path': null}", "n"), ["red", "green", "blue"]), {
    message: /row 1 .* is inside the list/,
  });
});

test("booleans are two classes, false the first; for more classes they are refused", async () => {
  assert.deepEqual(await truths(rows("p", "n > 0"), ["no", "yes"]), ["a.png=no", "b.png=yes", "c.png=yes"]);
  assert.deepEqual(await truths(rows("p", "n > 0"), ["cat"]), ["a.png=not cat", "b.png=cat", "c.png=cat"]);
  await assert.rejects(truths(rows("p", "n > 0"), ["red", "green", "blue"]), { code: "bad-labels" });
});

test("paths as bytes, labels as fractions with gaps, or as categories", async () => {
  const colours = ["red", "green", "blue"];
  assert.deepEqual(await truths(rows("p::blob", "n"), colours), ["a.png=red", "b.png=green", "c.png=blue"]);
  const gaps = "case when n = 1 then 'nan'::double else n end";
  assert.deepEqual(await truths(rows("p", gaps), colours), ["a.png=red", "b.png=undefined", "c.png=blue"]);
  const category = "(['red', 'green', 'blue'][n + 1])::enum('red', 'green', 'blue')";
  assert.deepEqual(await truths(rows("p", category), colours), ["a.png=red", "b.png=green", "c.png=blue"]);
});
