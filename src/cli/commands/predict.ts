import type { Command } from "commander";
import { isDetector } from "../../model/detection/is-detector.js";
import { isSegmenter } from "../../model/segmentation/is-segmenter.js";
import { boxRows } from "../boxes.js";
import { deliverEach } from "../deliver.js";
import {
  addPairOptions,
  deviceOption,
  jsonOption,
  labelsOption,
  type ModelChoice,
  modelOption,
  openForTask,
  openModel,
  outputOption,
  preprocessOption,
  type Task,
  taskOption,
  wholeNumber,
} from "../options.js";
import { areaRows } from "../regions.js";
import { interruptSignal, printRows, type Rows, report } from "../terminal.js";

interface PredictFlags extends ModelChoice {
  readonly task?: Task;
  readonly top?: number;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  addPairOptions(
    program
      .command("predict")
      .description("print the most probable classes of pictures, or the objects or areas on them")
      .argument("<pictures...>", "picture files")
      .addOption(modelOption())
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .addOption(taskOption())
    .option("--top <n>", "number of classes, 5 when left out; of objects, all", wholeNumber)
    .addOption(jsonOption())
    .action(predict);
}

async function predict(pictures: string[], flags: PredictFlags): Promise<void> {
  const signal = interruptSignal();
  await using model = flags.task ? await openForTask(flags.task, flags) : await openModel(flags);
  const rowsOf = async (image: string): Promise<Rows> => {
    if (isSegmenter(model)) return areaRows(image, await model.segment(image, { signal })).slice(0, flags.top);
    if (!isDetector(model)) {
      const predictions = await model.predict(image, { top: flags.top ?? 5, signal });
      return predictions.map((prediction) => ({ image, ...prediction }));
    }
    const objects = await model.detect(image, { signal });
    if (objects.length === 0 && !flags.json) report(`${image}: nothing was found`);
    return boxRows(image, objects.slice(0, flags.top), flags.json);
  };
  const rows: Rows[number][] = [];
  if (!flags.json) for (const note of model.info.notes) report(`note: ${note}`);
  try {
    const undelivered = await deliverEach(pictures, "image", flags.json, async (image) => {
      rows.push(...(await rowsOf(image)));
    });
    if (flags.json) rows.push(...undelivered);
  } finally {
    if (rows.length > 0) printRows(rows, flags.json);
  }
}
