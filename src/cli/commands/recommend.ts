import type { Command } from "commander";
import type { Recommendation } from "../../evaluate/recommendation.js";
import type { Cell } from "../../evaluate/table.js";
import type { Preset } from "../../methods/method.js";
import type { MethodName } from "../../methods/registry.js";
import {
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
import { interruptSignal, print, printJson, printRows, progressLine, type Rows, report } from "../terminal.js";

interface RecommendFlags extends ModelChoice {
  readonly method?: string;
  readonly preset: Preset;
  readonly budget?: number;
  readonly nulls?: number;
  readonly seed: number;
  readonly json?: boolean;
}

export function addRecommend(program: Command): void {
  program
    .command("recommend")
    .description("say which method to use for a model, and why: methods ranked on some pictures, beside random maps")
    .argument("<pictures...>", "at least 3 picture files of the kind that will be explained; ten or more say much more")
    .addOption(modelOption())
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .option("--method <list>", "methods, comma-separated (default: every one that suits the model)")
    .addOption(presetOption().default("speed"))
    .option("--budget <n>", "passes a map that a method may cost, where none are named (default: 2000)", wholeNumber)
    .option("--nulls <n>", "number of random baseline maps for each picture (default: 5)", wholeNumber)
    .addOption(seedOption())
    .addOption(jsonOption())
    .action(recommendMethod);
}

async function recommendMethod(pictures: string[], flags: RecommendFlags): Promise<void> {
  const { recommend } = await import("../../evaluate/recommend.js");
  await using model = await openModel(flags);
  const { preset, budget, nulls, seed } = flags;
  const line = progressLine();
  const recommendation = await recommend(model, pictures, {
    methods: flags.method?.split(",") as MethodName[] | undefined,
    preset,
    budget,
    nulls,
    seed,
    signal: interruptSignal(),
    onProgress: ({ done, total }) => line.show(`${done.toFixed(1)} of ${total} pictures`),
  }).finally(line.end);
  if (flags.json) return printJson({ ...recommendation.toJSON(), sentences: recommendation.sentences });
  printRows(rowsOf(recommendation), false);
  print(`\n${recommendation.sentences.join("\n")}`);
  for (const { method, reason } of recommendation.leftOut) report(`left out ${method}: ${reason}`);
}

/** The table of a recommendation as a terminal shows it. */
function rowsOf(recommendation: Recommendation): Rows {
  const { head, rows } = recommendation.table();
  const shown = ({ text, small }: Cell) => (small ? `${text} (${small})` : text);
  return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [head[i], shown(cell)])));
}
