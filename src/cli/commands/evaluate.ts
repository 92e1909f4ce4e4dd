import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { SightlineError } from "../../core/errors.js";
import { escapeHtml, htmlPage } from "../../core/html.js";
import type { Agreement } from "../../evaluate/agreement.js";
import type { Evaluation } from "../../evaluate/evaluation.js";
import type { MetricChoice } from "../../evaluate/index.js";
import type { Region } from "../../evaluate/region.js";
import type { Explanation } from "../../explain/explanation.js";
import type { Rect } from "../../image/types.js";
import type { Preset } from "../../methods/method.js";
import { oneLine } from "../../render/format.js";
import { deliverEach } from "../deliver.js";
import {
  addPairOptions,
  box,
  deviceOption,
  jsonOption,
  labelsOption,
  type ModelChoice,
  modelOption,
  openModel,
  outputOption,
  preprocessOption,
  presetOption,
  seedOption,
  wholeNumber,
} from "../options.js";
import { interruptSignal, printJson, printRows, progressLine, type Rows, report } from "../terminal.js";

interface EvaluateFlags extends ModelChoice {
  readonly method: string;
  readonly preset: Preset;
  readonly target?: string;
  readonly metrics?: string;
  readonly mask?: string;
  readonly box?: readonly Rect[];
  readonly nulls?: number;
  readonly seed: number;
  readonly html?: string;
  readonly json?: boolean;
}

export function addEvaluate(program: Command): void {
  addPairOptions(
    program
      .command("evaluate")
      .description("measure how far maps can be trusted, beside random baseline maps")
      .argument("<picture>", "a picture file")
      .addOption(modelOption())
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .option("--method <list>", "methods, comma-separated", "auto")
    .addOption(presetOption())
    .option("--target <class>", "label or index (default: the predicted class)")
    .option("--metrics <list>", "metrics, comma-separated (default: the usual ones)")
    .option("--mask <file>", "mask of the true object: white inside, same size as the picture")
    .option("--box <x,y,width,height>", "bounding box of the true object, in pixels of the picture (repeatable)", box)
    .option("--nulls <n>", "number of random baseline maps", wholeNumber)
    .addOption(seedOption())
    .option("--html <file>", "also write the table as HTML")
    .addOption(jsonOption())
    .action(evaluatePicture);
}

async function evaluatePicture(picture: string, flags: EvaluateFlags): Promise<void> {
  const [{ explain }, { targetsOfText }, { evaluate }] = await Promise.all([
    import("../../explain/explain.js"),
    import("../../explain/targets.js"),
    import("../../evaluate/index.js"),
  ]);
  if (flags.html) await checkWritable(flags.html);
  const mask = flags.mask === undefined ? undefined : await readMask(flags.mask);
  await using model = await openModel(flags);
  const { seed, preset, nulls, box: boxes } = flags;
  const signal = interruptSignal();
  const line = progressLine();
  const explanations: Explanation[] = [];
  const targets = flags.target === undefined ? undefined : targetsOfText(flags.target, model.labels);
  const prepared = await model.prepare(picture, { signal });
  const undelivered = await deliverEach(flags.method.split(","), "method", flags.json, async (method) => {
    explanations.push(await explain(model, prepared, { method: method as "auto", preset, seed, targets, signal }));
  });
  if (explanations.length === 0) return flags.json ? printJson({ rows: [], failures: undelivered }) : undefined;
  const result = await evaluate(model, prepared, explanations, {
    metrics: flags.metrics?.split(",") as MetricChoice[] | undefined,
    mask,
    box: boxes,
    nulls,
    seed,
    signal,
    onProgress: ({ done, total }) => line.show(`${picture}: ${done} of ${total} measurements`),
  });
  line.end();
  if (flags.html) {
    const { files } = await import("#platform/files");
    await files.writeFileAtomic(flags.html, evaluationPage(result));
  }
  for (const { name, failures = [] } of result.rows) {
    for (const { metric, message } of failures) {
      process.exitCode = 1;
      if (!flags.json) report(`sightline: ${metric} of ${name}: ${message}`);
    }
  }
  if (flags.json) printJson(undelivered.length > 0 ? { ...result.toJSON(), failures: undelivered } : result);
  else printEvaluation(result);
}

function evaluationPage(result: Evaluation): string {
  const title = `Evaluation of ${oneLine(result.image)}`;
  return htmlPage({ title, body: `<h1>${escapeHtml(title)}</h1>\n${result.html()}` });
}

function printEvaluation(result: Evaluation): void {
  const rows = measurementRows(result);
  if (rows.length > 0 || !result.agreement) printRows(rows, false);
  if (result.agreement) printRows(agreementRows(result.agreement), false);
}

function measurementRows({ rows }: Evaluation): Rows {
  return rows.flatMap(({ name, target, measurements }) =>
    measurements.flatMap(({ metric, better, value, nulls, parts = {} }) => {
      const row = { method: name, target: target.label, metric, better };
      const controls = nulls && { random: nulls.mean, centre: nulls.centre, chance: nulls.chance };
      if (metric !== "cost") return [{ ...row, value, ...controls }];
      const cost = (what: string, amount: number) => ({ ...row, metric: `cost: ${what}`, value: Math.round(amount) });
      const { backwardPasses = 0, milliseconds = 0 } = parts;
      return [{ ...row, value }, cost("backward passes", backwardPasses), cost("milliseconds", milliseconds)];
    }),
  );
}

/** A row for each pair of maps. */
function agreementRows({ names, spearman, overlap, top }: Agreement): Rows {
  return names.flatMap((method, a) =>
    names.slice(a + 1).map((other, i) => ({
      method,
      "other method": other,
      "rank correlation": spearman[a][a + 1 + i],
      [`overlap of the largest ${Math.round(100 * top)} %`]: overlap[a][a + 1 + i],
    })),
  );
}

/** A picture as a mask: bright pixels are inside. */
async function readMask(file: string): Promise<Region> {
  const { decodeImage } = await import("../../image/decode.js");
  const { data, width, height } = (await decodeImage(file, { background: "black" })).image;
  return { mask: Uint8Array.from({ length: width * height }, (_, i) => (data[3 * i] > 127 ? 1 : 0)), width, height };
}

/** @throws SightlineError `write-failed` where a file cannot be written because of its folder */
async function checkWritable(file: string): Promise<void> {
  const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const refuse = (why: string) =>
    new SightlineError("write-failed", `${file} cannot be written: ${why}`, { received: file });
  const folder = dirname(resolve(file));
  if (!(await isFolder(folder))) throw refuse(`there is no folder ${folder}`);
  if (await isFolder(file)) throw refuse("it is a folder");
}
