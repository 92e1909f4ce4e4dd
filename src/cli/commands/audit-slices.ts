import type { Command } from "commander";
import type { SliceChoice } from "../../audit/index.js";
import { jsonOption, wholeNumber } from "../options.js";
import { failOnSlices, sliceRows } from "../slice-rows.js";
import { printJson, printRows } from "../terminal.js";

export function addAuditSlices(audit: Command): void {
  audit
    .command("slice")
    .description("save a slice of a finished audit, with a test that later audits repeat")
    .argument("<audit>", "the audit's folder")
    .argument("<name>", "what the slice is called")
    .option("--where <condition>", "SQL over the columns of results: prediction = 'boat' and border_share > .5")
    .option("--cluster <n>", "the pictures of a cluster of maps", wholeNumber)
    .option("--expect <condition>", "what must hold: error_high <= .2 and confidence > .8")
    .addOption(jsonOption())
    .action(saveSlice);
  audit
    .command("slices")
    .description("print the slices of a finished audit beside all other pictures; fail if a slice's test fails")
    .argument("<audit>", "the audit's folder")
    .addOption(jsonOption())
    .action(printSlices);
}

async function saveSlice(folder: string, name: string, flags: SliceChoice & { json?: boolean }): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { json, ...choice } = flags;
  const slice = await (await openAudit(folder)).saveSlice(name, choice);
  if (json) printJson(slice);
  else printRows(sliceRows([slice]), false);
}

async function printSlices(folder: string, { json }: { json?: boolean }): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const slices = await (await openAudit(folder)).slices();
  if (json) printJson(slices);
  else printRows(sliceRows(slices), false);
  failOnSlices(slices);
}
