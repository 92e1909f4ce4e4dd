import { join } from "node:path";
import type { Command } from "commander";
import type { Preset } from "../../methods/method.js";
import { duration } from "../../render/format.js";
import { collectLessOften } from "../heap-growth.js";
import {
  jsonOption,
  labelsOption,
  type ModelChoice,
  methodOption,
  methodSettingOption,
  modelOption,
  openModel,
  outputOption,
  preprocessOption,
  presetOption,
  queueOption,
  seedOption,
  shardsOption,
} from "../options.js";
import { failOnSlices, sliceRows } from "../slice-rows.js";
import { interruptSignal, print, printRows, progressLine } from "../terminal.js";
import { addAuditCompare } from "./audit-compare.js";
import { addAuditSlices } from "./audit-slices.js";

interface AuditFlags extends ModelChoice {
  readonly method: string;
  readonly preset: Preset;
  readonly set: Readonly<Record<string, unknown>>;
  readonly truth?: string;
  readonly seed: number;
  readonly stability?: boolean;
  readonly shortcuts: boolean;
  readonly out: string;
  readonly slices?: string;
  readonly queue?: string;
  readonly shards?: string;
  readonly json?: boolean;
}

export function addAudit(program: Command): void {
  const command = program
    .command("audit")
    .description("audit every picture of a folder, list or glob; rerun to resume")
    .argument("<source>", "a folder, a .csv or .parquet list, or a glob")
    .addOption(modelOption())
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(methodOption())
    .addOption(presetOption())
    .addOption(methodSettingOption())
    .option("--truth <file>", 'a list with the columns path and label, or "folders"')
    .addOption(seedOption())
    .option("--stability", "measure how stable each map is as well")
    .option("--no-shortcuts", "do not look for shortcuts")
    .option("--out <folder>", "where the results are saved", "audit")
    .option("--slices <folder>", "an earlier audit whose slices and tests are repeated")
    .addOption(queueOption())
    .addOption(shardsOption())
    .addOption(jsonOption())
    .action(runAudit);
  addAuditSlices(command);
  addAuditCompare(command);
}

async function runAudit(source: string, flags: AuditFlags): Promise<void> {
  const { audit } = await import("../../audit/index.js");
  collectLessOften();
  await using model = await openModel(flags);
  const line = progressLine();
  const { out, method, preset, truth, seed, stability, slices: earlier, queue, shards } = flags;
  const result = await audit(model, source, {
    out,
    method,
    preset,
    options: flags.set,
    truth,
    seed,
    stability,
    shortcuts: flags.shortcuts ? undefined : false,
    slices: earlier,
    queue,
    shards,
    signal: interruptSignal(),
    onProgress: ({ done, total, errors, secondsLeft }) =>
      line.show(`${done} of ${total} pictures, ${errors} with errors, ${duration(1000 * secondsLeft)} left`),
  });
  line.end();
  const cases = await result.query(CASES);
  const slices = await result.slices();
  printRows(cases, flags.json);
  if (!flags.json) {
    if (slices.length > 0) printRows(sliceRows(slices), false);
    print(join(out, "report.html"));
  }
  failOnSlices(slices);
}

const CASES = `select coalesce("case", 'could not be looked at') as "case", count(*) as pictures,
  avg(probability) as probability, avg(concentration) as concentration from results group by 1 order by 2 desc`;
