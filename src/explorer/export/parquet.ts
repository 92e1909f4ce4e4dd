import { parquetWriteBuffer } from "hyparquet-writer";
import { type ExportColumn, type ExportTable, momentOf } from "./table.js";

const TYPES = { text: "STRING", whole: "INT32", number: "DOUBLE", boolean: "BOOLEAN", time: "TIMESTAMP" } as const;

export function parquetOf({ columns, rows }: ExportTable): Uint8Array {
  const columnData = columns.map(({ name, type }: ExportColumn) => ({
    name,
    type: TYPES[type],
    nullable: true,
    data: rows.map((row) => (type === "time" && row[name] ? momentOf(row[name]) : (row[name] ?? null))),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
