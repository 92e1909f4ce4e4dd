import type { Command } from "commander";
import { collectLessOften } from "../heap-growth.js";
import {
  addPairOptions,
  devicesOption,
  labelsOption,
  type ModelChoice,
  modelOption,
  openModelOn,
  outputOption,
  preprocessOption,
  queueOption,
  shardsOption,
  wholeNumber,
} from "../options.js";
import { interruptSignal, report } from "../terminal.js";

interface WorkerFlags extends ModelChoice {
  readonly queue: string;
  readonly shards?: string;
  readonly pictures?: string;
  readonly stalledAfter: number;
}

export function addWorker(program: Command): void {
  addPairOptions(
    program
      .command("worker")
      .description("work on audits of a model that run over a queue, until Ctrl-C")
      .addOption(modelOption())
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(devicesOption())
    .addOption(queueOption().makeOptionMandatory())
    .addOption(shardsOption())
    .option("--pictures <folder>", "where this machine sees the pictures' folder")
    .option("--stalled-after <seconds>", "silence after which another worker takes over a shard", wholeNumber, 30)
    .action(work);
}

async function work(flags: WorkerFlags): Promise<void> {
  const { workOnAudits } = await import("../../audit/index.js");
  collectLessOften();
  const { model: opened, devices } = await openModelOn(flags);
  await using model = opened;
  const { queue, shards, pictures, stalledAfter } = flags;
  await workOnAudits(model, {
    queue,
    shards,
    pictures,
    devices,
    stalledAfter,
    signal: interruptSignal(),
    onEvent: (event) => {
      if (event.kind === "ready")
        report(`waiting for audits of ${model.info.name}; Ctrl-C ends after the shards begun`);
      if (event.kind === "done")
        report(`shard ${event.index}: ${event.pictures} pictures, ${event.errors} with errors`);
      if (event.kind === "problem") report(event.message);
    },
  });
}
