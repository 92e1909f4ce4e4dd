import type { Command } from "commander";
import { SightlineError } from "../../core/errors.js";
import type { Progress } from "../../core/work.js";
import type { Explanation } from "../../explain/explanation.js";
import type { MethodRecommendation } from "../../explain/options.js";
import type { Preset } from "../../methods/method.js";
import { isDetector } from "../../model/detection/is-detector.js";
import { isSegmenter } from "../../model/segmentation/is-segmenter.js";
import type { VisualizationConfig } from "../../render/config.js";
import { boxCell, boxTargetsOfText } from "../boxes.js";
import { deliverEach } from "../deliver.js";
import {
  addPairOptions,
  deviceOption,
  jsonOption,
  keyValue,
  labelsOption,
  type ModelChoice,
  methodOption,
  methodSettingOption,
  modelOption,
  openForTask,
  openModel,
  outputOption,
  preprocessOption,
  presetOption,
  seedOption,
  type Task,
  taskOption,
} from "../options.js";
import { eachRegion, regionTargets } from "../regions.js";
import { interruptSignal, printRows, progressLine, type Rows } from "../terminal.js";

interface ExplainFlags extends ModelChoice {
  /** Whatever the shell gave; `explain` refuses a name that it does not know. */
  readonly method: "auto";
  readonly task?: Task;
  readonly preset: Preset;
  readonly targets?: string;
  readonly region: readonly string[];
  readonly seed: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly view: VisualizationConfig;
  readonly recommendation?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function addExplain(program: Command): void {
  addPairOptions(
    program
      .command("explain")
      .description("save saliency maps of pictures as PNG")
      .argument("<pictures...>", "picture files")
      .addOption(modelOption())
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .addOption(taskOption())
    .addOption(methodOption())
    .addOption(presetOption())
    .option("--targets <list>", 'labels or indices, comma-separated; "top:3"; "all"; of a detector, indices of boxes')
    .option(
      "--region <where>",
      "where a segmentation model's classes are explained: predicted (the default), x,y,width,height in fractions of what it sees, or a mask; one for all targets, or one each (repeatable)",
      eachRegion,
      [],
    )
    .addOption(seedOption())
    .addOption(methodSettingOption())
    .option("--view <key=value>", "a key of the visualization config (repeatable)", keyValue, {})
    .option("--recommendation <file>", "what recommend --json printed for this model: auto follows it")
    .option("--out <folder>", "where the maps are saved", "sightline-maps")
    .addOption(jsonOption())
    .action(explainPictures);
}

async function explainPictures(pictures: string[], flags: ExplainFlags): Promise<void> {
  const [{ explain }, { targetsOfText }] = await Promise.all([
    import("../../explain/explain.js"),
    import("../../explain/targets.js"),
    import("../../explain/save.js"),
  ]);
  const signal = interruptSignal();
  const recommendation = flags.recommendation && (await readRecommendation(flags.recommendation));
  await using model = flags.task ? await openForTask(flags.task, flags) : await openModel(flags);
  const line = progressLine();
  const rows: Rows[number][] = [];
  const { targets } = flags;
  if (flags.region.length > 0 && !isSegmenter(model)) throw strayRegion(flags.region);
  const explainPicture = async (image: string) => {
    const options = {
      method: flags.method,
      preset: flags.preset,
      seed: flags.seed,
      ...flags.set,
      ...(recommendation && { recommendation }),
      signal,
      onProgress: ({ done, total }: Progress) => line.show(`${image}: ${done} of ${total} passes`),
    };
    if (isSegmenter(model)) {
      const prepared = await model.prepare(image, { signal });
      const named = targets === undefined ? undefined : targetsOfText(targets, model.labels);
      return explain(model, prepared, { targets: await regionTargets(named, flags.region, prepared), ...options });
    }
    return isDetector(model)
      ? explain(model, image, {
          targets: targets === undefined ? undefined : boxTargetsOfText(targets, model.labels),
          ...options,
        })
      : explain(model, image, {
          targets: targets === undefined ? undefined : targetsOfText(targets, model.labels),
          ...options,
        });
  };
  try {
    const undelivered = await deliverEach(pictures, "image", flags.json, async (image) => {
      const explanation = await explainPicture(image).finally(line.end);
      const files = await explanation.save(flags.out, { confidence: true, ...flags.view });
      rows.push(...explanationRows(image, explanation, files, flags.json));
    });
    if (flags.json) rows.push(...undelivered);
  } finally {
    if (rows.length > 0) printRows(rows, flags.json);
  }
}

const strayRegion = (regions: readonly string[]) =>
  new SightlineError("bad-config", "--region is where a segmentation model's class is explained", {
    received: regions.join(" "),
    expected: "--task segmentation, too",
  });

/** A row for each target's map. */
function explanationRows(image: string, explanation: Explanation, files: readonly string[], asJson = false): Rows {
  const { method, forwardPasses, backwardPasses, milliseconds, notes } = explanation.provenance;
  const cost = { method, passes: forwardPasses + backwardPasses, milliseconds };
  return explanation.targets.map(({ index, label, probability, box }, t) => {
    const { x, y } = explanation.map(index).peak();
    const peak = `${Math.round(100 * x)} %, ${Math.round(100 * y)} %`;
    const place = box && { index, box: boxCell(box, asJson) };
    return { image, target: label, probability, ...place, ...cost, peak, file: files[t], ...(asJson ? { notes } : {}) };
  });
}

const LARGEST_RECOMMENDATION = 2 ** 20;

/** @throws SightlineError `file-not-found`, `bad-config` */
async function readRecommendation(file: string): Promise<MethodRecommendation> {
  const { files } = await import("#platform/files");
  const text = await files.readText(file, { atMost: LARGEST_RECOMMENDATION }).catch((cause) => {
    throw new SightlineError("file-not-found", `--recommendation '${file}' cannot be read`, {
      received: file,
      expected: "a file with what sightline recommend --json printed",
      cause,
    });
  });
  try {
    return JSON.parse(text) as MethodRecommendation;
  } catch (cause) {
    throw new SightlineError("bad-config", `--recommendation '${file}' is not JSON`, {
      received: file,
      expected: "what sightline recommend --json printed",
      cause,
    });
  }
}
