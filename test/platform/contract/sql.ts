import assert from "node:assert/strict";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { files } from "#platform/files";
import { tables } from "#platform/sql";
import type { Contract } from "./contract.js";

/** @param root a folder to work in */
export function sqlContract(root: string): Contract {
  let count = 0;
  const written = async (columnData: ColumnSource[]) => {
    const name = files.join(root, `table-${count++}.parquet`);
    await files.makeFolder(root);
    await files.writeFileAtomic(name, new Uint8Array(parquetWriteBuffer({ columnData })));
    return name;
  };
  const part = (names: string[], shares: number[]) =>
    written([
      { name: "name", type: "STRING", data: names },
      { name: "share", type: "DOUBLE", data: shares },
      { name: "sharp", type: "BOOLEAN", data: shares.map((share) => share > 0.5) },
    ]);
  const open = { sealed: false };
  const sealed = { sealed: true };

  return {
    async "a statement takes parameters, and gives numbers and texts as JavaScript's own"() {
      const { columns, rows } = await tables.query("select $1 as a, 2::bigint as b, null as c", ["x"], [], open);
      assert.deepEqual([columns, rows], [["a", "b", "c"], [{ a: "x", b: 2, c: null }]]);
    },

    async "tables lie in one file or several, and are joined"() {
      const parts = [await part(["b", "ü"], [0.25, 0.75]), await part(["a"], [1])];
      const from = [
        { name: "t", files: parts },
        { name: "u", files: [parts[1]] },
      ];
      const statement = "select name, sharp from t order by share";
      const { rows } = await tables.query(statement, [], from, sealed);
      assert.deepEqual(rows, [
        { name: "b", sharp: false },
        { name: "ü", sharp: true },
        { name: "a", sharp: true },
      ]);
      const joined = await tables.query("select count(*) as n from t join u using (name)", [], from, sealed);
      assert.deepEqual(joined.rows, [{ n: 1 }]);
    },

    async "a file is read whole, without rows too; files become one, in order"() {
      const none = await part([], []);
      assert.deepEqual(await tables.read(none), { columns: ["name", "share", "sharp"], rows: [] });
      const to = files.join(root, "merged.parquet");
      await tables.merge([await part(["c", "a"], [3, 1]), none, await part(["b"], [2])], ["share"], to);
      const { columns, rows } = await tables.read(to);
      assert.deepEqual(columns, ["name", "share", "sharp"]);
      assert.deepEqual(
        rows.map(({ name }) => name),
        ["a", "b", "c"],
      );
    },

    async "further columns of the rows are joined to them, dates and times among them"() {
      const rows = await part(["b", "a"], [2, 1]);
      const taken = [new Date("2021-03-04"), null];
      const further = await written([
        { name: "share", type: "DOUBLE", data: [1, 2] },
        { name: "taken", type: "TIMESTAMP", nullable: true, data: taken },
      ]);
      const to = files.join(root, "joined.parquet");
      await tables.merge([rows], ["share"], to, further);
      const merged = await tables.read(to);
      assert.deepEqual(merged.columns, ["name", "share", "sharp", "taken"]);
      assert.deepEqual(
        merged.rows.map(({ name, taken }) => [name, taken]),
        [
          ["a", taken[0]],
          ["b", null],
        ],
      );
      const statement = "select taken, epoch_ms(taken)::double as at from t where taken < '2022-01-01'";
      const asked = await tables.query(statement, [], [{ name: "t", files: [to] }], sealed);
      assert.deepEqual(asked.rows, [{ taken: taken[0], at: taken[0]?.getTime() }]);
    },

    async "what fails is said in DuckDB's words, and the next statement is answered"() {
      await assert.rejects(tables.query("selec 1", [], [], open), /syntax error/i);
      await assert.rejects(tables.query("select * from nowhere", [], [], sealed), /nowhere/);
      await assert.rejects(tables.read(files.join(root, "none.parquet")), /./);
      assert.deepEqual((await tables.query("select 1 as one", [], [], open)).rows, [{ one: 1 }]);
    },

    async "a sealed statement reads nothing but its tables, and keeps its settings"() {
      const taken: string[] = [];
      for (const statement of [
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('https://example.org/a.csv')",
        "copy (select 1) to '/tmp/out.csv'",
        "attach '/tmp/other.db'",
        "load httpfs",
        "set memory_limit = '100GB'",
      ]) {
        await tables.query(statement, [], [], sealed).then(
          () => taken.push(statement),
          () => {},
        );
      }
      assert.deepEqual(taken, []);
      assert.deepEqual((await tables.query("select 1 as one", [], [], sealed)).rows, [{ one: 1 }]);
    },
  };
}
