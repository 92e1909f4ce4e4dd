import type { Command } from "commander";
import { keyText, wholeNumber } from "../options.js";
import type { RunNotebooksOptions } from "../run-notebooks.js";
import { interruptSignal } from "../terminal.js";

export function addNotebook(program: Command): void {
  const notebook = program.command("notebook").description("run notebooks without Python");
  notebook
    .command("run")
    .argument("<files...>", "notebooks")
    .description("run notebooks on our kernel and write the outputs back")
    .option("--timeout <seconds>", "time limit of each cell", wholeNumber, 600)
    .option("--parameters <key=value>", "override a value of the cell tagged `parameters` (repeatable)", keyText, {})
    .option("--html <folder>", "write each notebook as a self-contained page as well")
    .option("--output <folder>", "write the executed notebooks there instead of back")
    .action(run);
}

async function run(files: string[], flags: Omit<RunNotebooksOptions, "signal">): Promise<void> {
  const { runNotebooks } = await import("../run-notebooks.js");
  await runNotebooks(files, { ...flags, signal: interruptSignal() });
}
