import { Command } from "commander";
import { SightlineError } from "../core/errors.js";
import { version } from "../core/version.js";
import { addAudit } from "./commands/audit.js";
import { addConvert } from "./commands/convert.js";
import { addDevice } from "./commands/device.js";
import { addDoctor } from "./commands/doctor.js";
import { addEvaluate } from "./commands/evaluate.js";
import { addExplain } from "./commands/explain.js";
import { addGrade } from "./commands/grade.js";
import { addKernel } from "./commands/kernel.js";
import { addMethods } from "./commands/methods.js";
import { addModels } from "./commands/models.js";
import { addNotebook } from "./commands/notebook.js";
import { addPredict } from "./commands/predict.js";
import { addRecommend } from "./commands/recommend.js";
import { addSite } from "./commands/site.js";
import { addStart } from "./commands/start.js";
import { addView } from "./commands/view.js";
import { addWorker } from "./commands/worker.js";
import { report } from "./terminal.js";
import { visible, visibleJson } from "./visible.js";

/** The command line with all its commands; each imports what it needs when it runs. */
export function createProgram(): Command {
  const program = new Command("sightline")
    .description("Shows what an image classifier looks at, and whether to believe it.")
    .version(version)
    .configureOutput({
      writeOut: (text) => process.stdout.write(visible(text)),
      writeErr: (text) => process.stderr.write(visible(text)),
    })
    .showHelpAfterError()
    .enablePositionalOptions();
  addStart(program);
  addSite(program);
  addPredict(program);
  addExplain(program);
  addEvaluate(program);
  addRecommend(program);
  addMethods(program);
  addModels(program);
  addConvert(program);
  addKernel(program);
  addNotebook(program);
  addGrade(program);
  addAudit(program);
  addView(program);
  addWorker(program);
  addDevice(program);
  addDoctor(program);
  return program;
}

/** Runs the command that the arguments name. Errors go to stderr and set the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  // a reader that has gone away, as `head` does, has read enough
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    reportError(error, argv.includes("--json"));
  }
}

function reportError(error: unknown, asJson: boolean): void {
  if (error instanceof SightlineError) {
    report(asJson ? visibleJson({ error }) : `sightline: ${error.message}`);
    process.exitCode = error.code === "aborted" ? 130 : 1;
    return;
  }
  report(`sightline: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
}
