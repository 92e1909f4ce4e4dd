import type { Command } from "commander";
import { jsonOption, labelsOption, type ModelChoice, modelOption, openModel, wholeNumber } from "../options.js";
import { interruptSignal, printRows } from "../terminal.js";

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
    .option("--top <n>", "number of classes", wholeNumber, 5)
    .addOption(jsonOption())
    .action(predict);
}

async function predict(pictures: string[], flags: PredictFlags): Promise<void> {
  await using model = await openModel(flags);
  const signal = interruptSignal();
  const rows: Record<string, unknown>[] = [];
  for (const image of pictures) {
    for (const prediction of await model.predict(image, { top: flags.top, signal }))
      rows.push({ image, ...prediction });
  }
  printRows(rows, flags.json);
}
