import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { type Row, readTable } from "../servers/duckdb.js";
import type { AuditItem } from "./item.js";

const PATH_COLUMNS = ["path", "file", "filename", "image"];
const TRUTH_COLUMNS = ["truth", "label", "class"];

/**
 * The pictures of a CSV or Parquet list, relative to it.
 * @param labels whether the list must have a column of labels
 * @throws SightlineError `file-not-found`, `bad-data`
 */
export async function readList(list: string, { labels = false } = {}): Promise<AuditItem[]> {
  const facts = await files.stat(list).catch(() => undefined);
  if (facts?.kind !== "file") {
    throw new SightlineError("file-not-found", `no such list: ${list}`, {
      received: list,
      expected: "a CSV or Parquet file",
    });
  }
  const { columns, rows } = await readTable(list);
  const column = (names: readonly string[]) => names.find((name) => columns.includes(name));
  const needed = (names: readonly string[], what: string) => {
    throw new SightlineError("bad-data", `the list ${files.basename(list)} has no column of ${what}`, {
      received: columns,
      expected: `a column called ${names.join(", ")}`,
    });
  };
  const pathColumn = column(PATH_COLUMNS) ?? needed(PATH_COLUMNS, "paths");
  const truthColumn = column(TRUTH_COLUMNS) ?? (labels ? needed(TRUTH_COLUMNS, "labels") : undefined);
  // a blank line is no row where there are other columns, either
  const blank = (row: Row) => columns.length === 1 && !/\.parquet$/i.test(list) && row[pathColumn] === null;
  const filled = rows.filter((row) => !blank(row));
  const base = files.dirname(files.resolve(list));
  const items = filled.map((row) => ({
    path: text(row[pathColumn]) ?? "",
    file: files.resolve(base, text(row[pathColumn]) ?? ""),
    truth: truthColumn && text(row[truthColumn]),
    mask: text(row.mask) && files.resolve(base, String(row.mask)),
  }));
  checkPaths(items, files.basename(list));
  return items;
}

/** @throws SightlineError `bad-data` for a row without a path, and for a picture that is named twice */
function checkPaths(items: readonly AuditItem[], list: string): void {
  const withoutPath = items.flatMap(({ path }, i) => (path === "" ? [i + 1] : []));
  if (withoutPath.length > 0) {
    throw new SightlineError("bad-data", `the list ${list} has no path in ${numbered(withoutPath)}`, {
      received: withoutPath,
      expected: "a path in each row",
    });
  }
  const rowsOf = new Map<string, number[]>();
  items.forEach(({ file }, i) => {
    rowsOf.set(file, [...(rowsOf.get(file) ?? []), i + 1]);
  });
  const twice = [...rowsOf.values()].find((rows) => rows.length > 1);
  if (twice) {
    throw new SightlineError("bad-data", `the list ${list} names ${items[twice[0] - 1].path} in ${numbered(twice)}`, {
      received: twice,
      expected: "one row for each picture, its labels with | between them",
    });
  }
}

/** "the rows 1, 2, 3, 4 and 5 more": rows of a list, the header not counted. */
function numbered(rows: readonly number[]): string {
  if (rows.length === 1) return `the row ${rows[0]}`;
  const shown = rows.slice(0, rows.length > 5 ? 4 : rows.length - 1).join(", ");
  return `the rows ${shown} and ${rows.length > 5 ? `${rows.length - 4} more` : rows.at(-1)}`;
}

const text = (value: unknown) =>
  value === null || value === undefined || value === "" || Number.isNaN(value) ? undefined : String(value);
