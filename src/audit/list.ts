import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { SightlineError } from "../errors.js";
import { readTable } from "./duck.js";
import type { AuditItem } from "./items.js";

const PATH_COLUMNS = ["path", "file", "filename", "image"];
const TRUTH_COLUMNS = ["truth", "label", "class"];

/**
 * The pictures of a CSV or Parquet list, where they lie beside it.
 * @throws SightlineError `file-not-found`, `bad-data`
 */
export async function readList(list: string): Promise<AuditItem[]> {
  const known = await stat(list).catch(() => undefined);
  if (!known?.isFile()) {
    throw new SightlineError("file-not-found", `there is no list ${list}`, {
      received: list,
      expected: "a CSV or Parquet file",
    });
  }
  const { columns, rows } = await readTable(list);
  const column = (names: readonly string[]) => names.find((name) => columns.includes(name));
  const pathColumn = column(PATH_COLUMNS);
  if (!pathColumn) {
    throw new SightlineError("bad-data", `the list ${basename(list)} has no column of paths`, {
      received: columns,
      expected: `a column called ${PATH_COLUMNS.join(", ")}`,
    });
  }
  const truthColumn = column(TRUTH_COLUMNS);
  const base = dirname(resolve(list));
  return rows.map((row) => ({
    path: String(row[pathColumn]),
    file: resolve(base, String(row[pathColumn])),
    truth: truthColumn && text(row[truthColumn]),
    mask: text(row.mask) && resolve(base, String(row.mask)),
  }));
}

const text = (value: unknown) =>
  value === null || value === undefined || value === "" || Number.isNaN(value) ? undefined : String(value);
