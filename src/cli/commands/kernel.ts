import type { Command } from "commander";
import type { ListedKernel, PlaceOptions } from "../../kernel/install/install.js";
import { jsonOption } from "../options.js";
import { print, printJson, printRows } from "../terminal.js";

interface PlaceFlags extends PlaceOptions {
  readonly json?: boolean;
}

export function addKernel(program: Command): void {
  const kernel = program.command("kernel").description("install, remove and inspect the Jupyter kernel");
  withPlace(kernel.command("install").description("register the kernel with Jupyter")).action(install);
  withPlace(kernel.command("remove").description("remove the kernel from Jupyter")).action(remove);
  kernel
    .command("info")
    .description("print where the kernel is installed, and whether it works")
    .option("--prefix <dir>", "in the given environment")
    .addOption(jsonOption())
    .action(printInfo);
}

function withPlace(command: Command): Command {
  return command
    .option("--user", "for the current user (the default)")
    .option("--sys-prefix", "in the active Python environment")
    .option("--prefix <dir>", "in the given environment")
    .option("--name <name>", "name of the kernelspec", "sightline")
    .addOption(jsonOption());
}

async function install(flags: PlaceFlags): Promise<void> {
  const { installKernel } = await import("../../kernel/install/install.js");
  const installed = await installKernel(flags);
  if (flags.json) printJson(installed);
  else print(`installed in ${installed.folder}`);
}

async function remove(flags: PlaceFlags): Promise<void> {
  const { removeKernel } = await import("../../kernel/install/install.js");
  const removed = await removeKernel(flags);
  if (flags.json) printJson(removed);
  else print(removed.length > 0 ? `removed ${removed.join(", ")}` : "nothing was installed");
}

async function printInfo({ json, ...place }: { prefix?: string; json?: boolean }): Promise<void> {
  const { installedKernels } = await import("../../kernel/install/install.js");
  const kernels = await installedKernels(place);
  if (json) printJson(kernels);
  else printRows(kernels.map(kernelRow), false);
  if (!kernels.some(({ ours, problem }) => ours && !problem)) process.exitCode = 1;
}

function kernelRow({ name, folder, ours, problem, labextension }: ListedKernel) {
  return {
    name,
    ours: ours ? "yes" : "no",
    works: problem ?? "yes",
    widgets: labextension ? "yes" : "no",
    folder,
  };
}
