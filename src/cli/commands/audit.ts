import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Audit, LabelMeasures } from "../../audit/index.js";
import type { Preset } from "../../methods/method.js";
import { duration } from "../../render/format.js";
import { brokenRules, FAIL_ON_HELP, type FailRule, failRules } from "../fail-on.js";
import { findingRows, leakRows } from "../finding-rows.js";
import { collectLessOften } from "../heap-growth.js";
import { labelRows } from "../label-rows.js";
import {
  addPairOptions,
  devicesOption,
  jsonOption,
  labelsOption,
  type ModelChoice,
  methodOption,
  methodSettingOption,
  modelOption,
  openModelOn,
  outputOption,
  preprocessOption,
  presetOption,
  queueOption,
  seedOption,
  shardsOption,
} from "../options.js";
import { failOnSlices, sliceRows } from "../slice-rows.js";
import { interruptSignal, print, printJson, printRows, progressLine, report } from "../terminal.js";
import { addAuditCompare } from "./audit-compare.js";
import { addAuditExport } from "./audit-export.js";
import { addAuditSlices } from "./audit-slices.js";

interface AuditFlags extends ModelChoice {
  readonly method: string;
  readonly preset: Preset;
  readonly set: Readonly<Record<string, unknown>>;
  readonly truth?: string;
  readonly trained?: boolean;
  readonly seed: number;
  readonly decode: "full" | "fast";
  readonly stability?: boolean;
  readonly shortcuts: boolean;
  readonly withoutPlace?: boolean;
  readonly out: string;
  readonly slices?: string;
  readonly queue?: string;
  readonly shards?: string;
  readonly failOn: readonly FailRule[];
  readonly json?: boolean;
}

export function addAudit(program: Command): void {
  const command = addPairOptions(
    program
      .command("audit")
      .description("audit every picture of folders, lists or globs; rerun to resume")
      .argument(
        "<sources...>",
        "folders, .csv or .parquet lists, or globs; several are splits between which leaks are looked for",
      )
      .addOption(modelOption())
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(devicesOption())
    .addOption(methodOption())
    .addOption(presetOption())
    .addOption(methodSettingOption())
    .option("--truth <file>", 'a list with the columns path and label, or "folders"')
    .option("--trained", "the model was trained on these pictures: cross-validate on its features to judge labels")
    .option("--no-trained", "it was not, though a split is called train: judge labels by its probabilities")
    .addOption(seedOption())
    .addOption(
      new Option("--decode <how>", "decode large JPEG files at a reduced size: fast")
        .choices(["full", "fast"])
        .default("full"),
    )
    .option("--stability", "measure how stable each map is as well")
    .option("--no-shortcuts", "do not look for shortcuts")
    .option("--without-place", "look for shortcuts that are no region as well: a colour cast, a frame, a background, …")
    .option("--out <folder>", "where the results are saved", "audit")
    .option("--slices <folder>", "an earlier audit whose slices and tests are repeated")
    .addOption(queueOption())
    .addOption(shardsOption())
    .addOption(new Option("--fail-on <rules...>", FAIL_ON_HELP).argParser(failRules).default([], "nothing"))
    .addOption(jsonOption())
    .addHelpText("after", EXIT_CODES)
    .action(runAudit);
  addAuditSlices(command);
  addAuditCompare(command);
  addAuditExport(command);
}

async function runAudit(sources: readonly string[], flags: AuditFlags): Promise<void> {
  const { audit } = await import("../../audit/index.js");
  collectLessOften();
  const { model: opened, devices } = await openModelOn(flags);
  await using model = opened;
  const line = progressLine();
  const { out, method, preset, truth, trained, seed, decode, stability, slices: earlier, queue, shards } = flags;
  const result = await audit(model, sources, {
    out,
    method,
    preset,
    options: flags.set,
    truth,
    trained,
    seed,
    decode,
    stability,
    shortcuts: flags.shortcuts ? flags.withoutPlace && { withoutPlace: true } : false,
    slices: earlier,
    queue,
    shards,
    devices,
    signal: interruptSignal(),
    onProgress: ({ done, total, errors, secondsLeft }) =>
      line.show(`${done} of ${total} pictures, ${errors} with errors, ${duration(1000 * secondsLeft)} left`),
  });
  line.end();
  const outcome = await outcomeOf(result, join(out, "report.html"));
  if (flags.json) printJson(outcome);
  else printOutcome(outcome);
  await failOn(flags.failOn, result, outcome);
  failOnSlices(outcome.slices);
}

const EXIT_CODES = `
Exits with 1 when the test of a slice fails, or what --fail-on names is there; the results are complete all the same.`;

async function outcomeOf(result: Audit, page: string) {
  return {
    cases: await result.query(CASES),
    findings: await result.findings(),
    searches: await result.searches(),
    slices: await result.slices(),
    labels: await labelMeasures(result),
    notes: result.manifest.notes,
    report: page,
  };
}

/** Of independent labels; null of classes that exclude each other. */
async function labelMeasures(result: Audit): Promise<LabelMeasures | null> {
  const { isSightlineError } = await import("../../core/errors.js");
  return result.labels().catch((error) => {
    if (isSightlineError(error) && error.code === "bad-config") return null;
    throw error;
  });
}

/** Pictures in which a label is missed or mistaken; null where that is not known. */
async function labelFaults(result: Audit): Promise<{ missed: number; mistaken: number } | null> {
  const [{ known, missed, mistaken }] = await result.query(
    "select count(*) filter (seen is not null and correct is not null) as known, count(missed) as missed, count(mistaken) as mistaken from results",
  );
  return Number(known) > 0 ? { missed: Number(missed), mistaken: Number(mistaken) } : null;
}

type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

function printOutcome({ cases, findings, searches, slices, labels, notes, report: page }: Outcome): void {
  printRows(cases, false);
  if (labels && labels.labels.length > 0) printRows(labelRows(labels), false);
  if (findings.length > 0) printRows(findingRows(findings), false);
  else if (searches.some(({ looked }) => looked)) print("nothing was flagged");
  const leaks = leakRows(findings);
  if (leaks.length > 0) printRows(leaks, false);
  for (const { of, looked, note } of searches) if (!looked) print(`${of} were not looked for: ${note}`);
  if (slices.length > 0) printRows(sliceRows(slices), false);
  for (const note of notes) print(`note: ${note}`);
  print(page);
}

/** Makes the command fail for what it was told to fail for. */
async function failOn(
  rules: readonly FailRule[],
  result: Audit,
  { cases, findings, searches }: Outcome,
): Promise<void> {
  const unreadable = Number(cases.find((row) => row.case === UNREADABLE)?.pictures ?? 0);
  const pictures = cases.reduce((sum, row) => sum + Number(row.pictures), 0);
  const labels = rules.length > 0 ? await labelFaults(result) : null;
  const failures = brokenRules(rules, { findings, searches, pictures, unreadable, labels });
  for (const failure of failures) report(`sightline: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

const UNREADABLE = "could not be looked at";

const NO_CASE = "no label, and none is seen with confidence";

const CASES = `select coalesce("case", if(error is null, '${NO_CASE}', '${UNREADABLE}')) as "case", count(*) as pictures,
  avg(probability) as probability, avg(concentration) as concentration from results group by 1 order by 2 desc`;
