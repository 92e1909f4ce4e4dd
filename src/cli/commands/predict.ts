import type { Command } from "commander";
import { deliverEach } from "../deliver.js";
import {
  jsonOption,
  labelsOption,
  type ModelChoice,
  modelOption,
  openModel,
  outputOption,
  preprocessOption,
  wholeNumber,
} from "../options.js";
import { interruptSignal, printRows, type Rows, report } from "../terminal.js";

interface PredictFlags extends ModelChoice {
  readonly top: number;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  program
    .command("predict")
    .description("print the most probable classes of pictures")
    .argument("<pictures...>")
    .addOption(modelOption())
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(preprocessOption())
    .option("--top <n>", "number of classes", wholeNumber, 5)
    .addOption(jsonOption())
    .action(predict);
}

async function predict(pictures: string[], flags: PredictFlags): Promise<void> {
  await using model = await openModel(flags);
  const signal = interruptSignal();
  const rows: Rows[number][] = [];
  if (!flags.json) for (const note of model.info.notes) report(`note: ${note}`);
  try {
    const undelivered = await deliverEach(pictures, "image", flags.json, async (image) => {
      for (const prediction of await model.predict(image, { top: flags.top, signal }))
        rows.push({ image, ...prediction });
    });
    if (flags.json) rows.push(...undelivered);
  } finally {
    if (rows.length > 0) printRows(rows, flags.json);
  }
}
