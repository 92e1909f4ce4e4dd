import { files } from "#platform/files";
import { exported } from "../../explorer/export/export.js";
import type { ExportTable } from "../../explorer/export/table.js";
import type { ExportFormat } from "../../explorer/types.js";
import type { ExportOutcome } from "./outcome.js";

/** Writes rows as one file, whole or not at all. @throws SightlineError `write-failed` */
export async function rowsFile(
  table: ExportTable,
  to: string,
  format: ExportFormat,
  audit: string,
): Promise<ExportOutcome> {
  const { bytes, notes } = exported(table, format, files.basename(files.resolve(audit)) || "audit");
  await files.writeFileAtomic(to, bytes);
  return { to, pictures: table.rows.length, missing: [], notes };
}
