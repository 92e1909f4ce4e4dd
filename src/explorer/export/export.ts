import type { Database } from "../../platform/sql.js";
import { listedColumns } from "../columns.js";
import { quoted } from "../conditions.js";
import type { Exported, ExportFormat } from "../types.js";
import { csvOf, formulaNotes } from "./csv.js";
import { fiftyOneOf } from "./fiftyone.js";
import { parquetOf } from "./parquet.js";
import type { ExportColumn, ExportTable } from "./table.js";

/** Columns that mean something inside of the explorer alone. */
const INNER = new Set(["id", "searched"]);

/** What people did, as texts: tags and slices with `|` between them, notes with line breaks. */
const ANNOTATIONS = [
  ["tags", "tags", "|"],
  ["slices", "slices", "|"],
  ["remarks", "notes", "\n"],
] as const;

/** The pictures of a condition, in the audit's order. @param files where the file of each path is */
export async function exportTable(
  database: Database,
  where: string,
  parameters: Parameters<Database["query"]>[1],
  files: (path: string) => string,
): Promise<ExportTable> {
  const { rows: known } = await database.query(
    "select column_name as name, data_type as type from duckdb_columns() where table_name = 'pictures' order by column_index",
  );
  const own = known.filter(({ name }) => !INNER.has(String(name)));
  const times = new Set((await listedColumns(database)).flatMap(({ name, time }) => (time ? [name] : [])));
  const columns = own.map(({ name, type }): ExportColumn => {
    const column = String(name);
    return { name: column, type: times.has(column) ? "time" : typeOf(String(type)) };
  });
  const listed = ANNOTATIONS.map(
    ([name, table, between]) =>
      `(select string_agg(value, '${between}' order by value) from ${quoted(table)} a where a.id = pictures.id) as ${quoted(name)}`,
  );
  const { rows } = await database.query(
    `select ${[...columns.map(({ name }) => quoted(name)), ...listed].join(", ")} from pictures where ${where} order by id`,
    parameters,
  );
  const texts = ["file", ...ANNOTATIONS.map(([name]) => name)].map((name): ExportColumn => ({ name, type: "text" }));
  return { columns: [...columns, ...texts], rows: rows.map((row) => ({ ...row, file: files(String(row.path)) })) };
}

function typeOf(type: string): ExportColumn["type"] {
  if (type === "BOOLEAN") return "boolean";
  if (type === "INTEGER") return "whole";
  return /INT|FLOAT|DOUBLE|DECIMAL/.test(type) ? "number" : "text";
}

/** @param name of the audit, for programs that ask for one */
export function exported(table: ExportTable, format: ExportFormat, name: string): Exported {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  switch (format) {
    case "csv":
      return { bytes: utf8(csvOf(table)), type: "text/csv", ending: ".csv", notes: formulaNotes(table) };
    case "parquet":
      return { bytes: parquetOf(table), type: "application/vnd.apache.parquet", ending: ".parquet", notes: [] };
    case "fiftyone":
      return { bytes: utf8(fiftyOneOf(table, name)), type: "application/json", ending: ".json", notes: [] };
  }
}
