import { type Command, InvalidArgumentError, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat } from "../../explorer/types.js";
import type { ExportOutcome } from "../export/outcome.js";
import { jsonOption } from "../options.js";
import { print, printJson } from "../terminal.js";

/** Folders of the pictures themselves, beside the formats of rows. */
const FOLDERS = ["links", "copies"] as const;
type FolderFormat = (typeof FOLDERS)[number];

const FORMATS = [...EXPORT_FORMATS, ...FOLDERS];

interface ExportFlags {
  readonly where?: string;
  readonly tag: readonly string[];
  readonly slice?: string;
  readonly format?: ExportFormat | FolderFormat;
  readonly json?: boolean;
}

export function addAuditExport(audit: Command): void {
  const format = new Option("--format <name>", "by the file's ending (.csv, .parquet, .json), or one of these");
  audit
    .command("export")
    .description("write the pictures of a filter to a file of rows, a FiftyOne dataset, or a folder of links")
    .argument("<audit>", "the audit's folder")
    .argument("<to>", "the file; for links and copies a folder that is not there or empty")
    .option("--where <condition>", "SQL over the columns of results: prediction = 'boat' and border_share > .5")
    .option("--tag <tags...>", "pictures that have one of these tags", [])
    .option("--slice <name>", "the pictures of a saved slice")
    .addOption(format.choices(FORMATS).argParser(formatNamed))
    .addOption(jsonOption())
    .action(exportPictures);
}

function formatNamed(name: string): (typeof FORMATS)[number] {
  const format = FORMATS.find((one) => one === name);
  if (format) return format;
  const why =
    name.toLowerCase() === "coco" ? " COCO is a format of boxes; audits take classifiers alone and have none." : "";
  throw new InvalidArgumentError(`Allowed choices are ${FORMATS.join(", ")}.${why}`);
}

async function exportPictures(folder: string, to: string, flags: ExportFlags): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { Explorer } = await import("../../explorer/explorer.js");
  const { filterOf, formatOf } = await import("../export/choice.js");
  const format = flags.format ?? formatOf(to);
  const audit = await openAudit(folder);
  const explorer = await Explorer.open(audit);
  try {
    const table = await explorer.table(await filterOf(audit, flags));
    const outcome =
      format === "links" || format === "copies"
        ? await (await import("../export/picture-folder.js")).pictureFolder(table, to, format)
        : await (await import("../export/rows-file.js")).rowsFile(table, to, format, audit.folder);
    if (flags.json) printJson(outcome);
    else printOutcome(outcome);
    if (outcome.missing.length > 0) process.exitCode = 1;
  } finally {
    await explorer.close();
  }
}

function printOutcome({ to, pictures, missing, notes }: ExportOutcome): void {
  print(`${pictures} ${pictures === 1 ? "picture" : "pictures"}: ${to}`);
  for (const note of notes) print(`note: ${note}`);
  for (const file of missing) print(`left out, since it is not there: ${file}`);
}
