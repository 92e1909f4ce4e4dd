import { files } from "#platform/files";
import type { ParquetTable } from "../platform/sql.js";

/** The tables that a statement on the audit in a folder can name. */
export async function auditTables(folder: string): Promise<ParquetTable[]> {
  const names = await files.list(folder);
  return ["results", "clusters", "hygiene"].flatMap((name) => {
    const file = `${name}.parquet`;
    return names.includes(file) ? [{ name, files: [files.join(folder, file)] }] : [];
  });
}
