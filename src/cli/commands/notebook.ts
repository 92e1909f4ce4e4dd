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
    .option("--class", "the page opens in class mode, one step a screen, with the presenter's notes")
    .option("--output <folder>", "write the executed notebooks there instead of back")
    .action(run);
  notebook
    .command("export")
    .argument("<files...>", "notebooks, as they were run")
    .description("write notebooks as self-contained pages, without running them")
    .requiredOption("--html <folder>", "where the pages go")
    .option("--class", "pages open in class mode, one step a screen, with the presenter's notes")
    .action(exportPages);
}

async function exportPages(files: string[], { html, class: classMode }: { html: string; class?: boolean }) {
  const { exportNotebooks } = await import("../run-notebooks.js");
  await exportNotebooks(files, { html, classMode });
}

type RunFlags = Omit<RunNotebooksOptions, "signal" | "classMode"> & { class?: boolean };

async function run(files: string[], { class: classMode, ...flags }: RunFlags): Promise<void> {
  const { runNotebooks } = await import("../run-notebooks.js");
  await runNotebooks(files, { ...flags, classMode, signal: interruptSignal() });
}
