import type { Command } from "commander";
import type { AuditComparison, Finding, FindingChanges, PictureChange } from "../../audit/index.js";
import { findingRows } from "../finding-rows.js";
import { jsonOption } from "../options.js";
import { failOnSlices, sliceRows } from "../slice-rows.js";
import { interruptSignal, print, printJson, printRows, progressLine } from "../terminal.js";

/** Changed pictures that a terminal is shown. */
const MOST_CHANGES = 40;

export function addAuditCompare(audit: Command): void {
  audit
    .command("compare")
    .description("print what changed from one audit to a later one; fail if a slice's test fails in the later one")
    .argument("<before>", "the earlier audit's folder")
    .argument("<after>", "the later audit's folder")
    .addOption(jsonOption())
    .action(compare);
}

async function compare(before: string, after: string, { json }: { json?: boolean }): Promise<void> {
  const { compareAudits, openAudit } = await import("../../audit/index.js");
  const line = progressLine();
  const comparison = await compareAudits(await openAudit(before), await openAudit(after), {
    signal: interruptSignal(),
    onProgress: ({ done, total }) => line.show(`${done} of ${total} pictures compared`),
  });
  line.end();
  if (json) printJson(comparison);
  else {
    printComparison(comparison);
    print(`to see both in one map: sightline view ${after} --before ${before}`);
  }
  failOnSlices(comparison.slices.map(({ after: later }) => later));
}

function printComparison(comparison: AuditComparison): void {
  const { predictions, maps, slices, mapCorrelation } = comparison;
  const { pictures, matchedByContent, onlyBefore, onlyAfter, altered, fixed, regressed } = comparison;
  const counts = { pictures, "by content": matchedByContent, onlyBefore, onlyAfter, altered, fixed, regressed };
  printRows([{ ...counts, predictions: predictions.length, maps: maps.length, ...mapCorrelation }], false);
  const changes = [...predictions, ...maps];
  if (changes.length > 0) printRows(changes.slice(0, MOST_CHANGES).map(changeRow), false);
  if (changes.length > MOST_CHANGES) print("… --json has them all");
  const flagged = findingChangeRows(comparison.findings);
  if (flagged.length > 0) printRows(flagged, false);
  for (const of of comparison.findings.notCompared) print(`${of} were looked for in one of the audits alone`);
  if (slices.length > 0) printRows(sliceRows(slices.map(({ after }) => after)), false);
}

function findingChangeRows({ stayed, gone, appeared }: FindingChanges) {
  const told = (what: string, findings: readonly Finding[]) =>
    findingRows(findings).map((row) => ({ flagged: what, ...row }));
  return [
    ...told("in the later one alone", appeared),
    ...told(
      "in both",
      stayed.map(({ after }) => after),
    ),
    ...told("in the earlier one alone", gone),
  ];
}

function changeRow({ path, laterPath, before, after, mapCorrelation }: PictureChange) {
  return {
    picture: laterPath === null ? path : `${path} → ${laterPath}`,
    before: before.prediction,
    after: after.prediction,
    "map correlation": mapCorrelation,
  };
}
