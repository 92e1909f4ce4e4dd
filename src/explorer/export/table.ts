import type { Row } from "../../platform/sql.js";

/** A column of what is exported. */
export interface ExportColumn {
  readonly name: string;
  readonly type: "text" | "whole" | "number" | "boolean";
}

/** Pictures as they leave an audit: what it knows of each, what people noted, and where the file is. */
export interface ExportTable {
  readonly columns: readonly ExportColumn[];
  readonly rows: readonly Row[];
}
