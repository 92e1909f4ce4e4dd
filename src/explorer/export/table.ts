import type { Row } from "../../platform/sql.js";

/** A column of what is exported. */
export interface ExportColumn {
  readonly name: string;
  /** A time is a text of ISO 8601, in UTC. */
  readonly type: "text" | "whole" | "number" | "boolean" | "time";
}

/** The moment of a text of a column of times. */
export const momentOf = (text: unknown): Date =>
  new Date(`${String(text).replace(" ", "T")}${/ /.test(String(text)) ? "Z" : ""}`);

/** Pictures as they leave an audit: what it knows of each, what people noted, and where the file is. */
export interface ExportTable {
  readonly columns: readonly ExportColumn[];
  readonly rows: readonly Row[];
}
