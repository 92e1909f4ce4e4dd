import { parquetWriteBuffer } from "hyparquet-writer";
import type { HygieneRow } from "./types.js";

const TYPES: Readonly<Record<keyof HygieneRow, "STRING" | "DOUBLE" | "INT32" | "BOOLEAN">> = {
  path: "STRING",
  shard: "INT32",
  map_row: "INT32",
  duplicate_group: "INT32",
  duplicate: "STRING",
  duplicate_of: "STRING",
  similarity: "DOUBLE",
  conflicting: "BOOLEAN",
  leak: "BOOLEAN",
  leak_of: "STRING",
  label_quality: "DOUBLE",
  label_issue: "BOOLEAN",
  suggested_label: "STRING",
  dark: "BOOLEAN",
  bright: "BOOLEAN",
  blurred: "BOOLEAN",
  grey: "BOOLEAN",
  odd_aspect: "BOOLEAN",
  low_information: "BOOLEAN",
};

/** Names of the columns of `hygiene.parquet`, in their order. */
export const hygieneColumns = Object.keys(TYPES) as readonly (keyof HygieneRow)[];

/** `hygiene.parquet`. */
export function hygieneFile(rows: readonly HygieneRow[]): Uint8Array {
  const columnData = hygieneColumns.map((name) => ({
    name,
    type: TYPES[name],
    nullable: true,
    data: rows.map((row) => row[name]),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
