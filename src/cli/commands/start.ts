import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { Address } from "../start/lab.js";
import { interruptSignal, print, progressLine } from "../terminal.js";

interface StartFlags {
  readonly environment?: string;
  readonly lab: boolean;
  readonly setUp?: boolean;
  readonly listen?: Address;
  readonly run?: boolean;
  readonly fresh?: boolean;
  readonly reports?: string;
}

export function addStart(program: Command): void {
  program
    .command("start")
    .argument("[folder]", "where the lessons go (default: sightline-lessons)")
    .description("set everything up, copy the lessons into a folder and open them in JupyterLab")
    .option("--no-lab", "run the walkthroughs here instead, without Python, and write a page of each")
    .option("--set-up", "stop when everything is in place")
    .option("--listen <host:port>", "where JupyterLab listens (default: this machine alone, a free port)", address)
    .option("--run", "run the walkthroughs before JupyterLab opens")
    .option("--fresh", "run them although nothing has changed")
    .option("--reports <folder>", "where their pages go (default: reports in the folder)")
    .option("--environment <folder>", "Python environment to use or make (default: one in the cache)")
    .action(start);
}

async function start(folder: string | undefined, flags: StartFlags): Promise<void> {
  const place = resolve(folder ?? "sightline-lessons");
  const signal = interruptSignal();
  const { copyLessons } = await import("../start/lessons.js");
  const { notebooks, kept } = await copyLessons(place);
  print(`• Lessons in ${place}`);
  if (kept.length > 0) print(`  left as you changed them: ${kept.join(", ")}`);
  await fetchDefaultModel(signal);
  if (flags.run || !flags.lab) {
    const { runWalkthroughs } = await import("../start/walkthroughs.js");
    await runWalkthroughs(notebooks, { reports: flags.reports ?? join(place, "reports"), fresh: flags.fresh, signal });
  }
  if (flags.lab) process.exitCode = await openInLab(place, flags);
}

async function fetchDefaultModel(signal: AbortSignal): Promise<void> {
  const { cachedModel, fetchModel } = await import("../../model/catalog.js");
  const name = "efficientnet-lite0";
  if (await cachedModel(name)) return;
  print(`• Model ${name}`);
  const line = progressLine();
  await fetchModel(name, { signal, onProgress: (text) => line.show(text) });
  line.end();
}

async function openInLab(folder: string, { environment, setUp, listen }: StartFlags): Promise<number> {
  const { prepareEnvironment } = await import("../start/environment.js");
  const prepared = await prepareEnvironment(environment);
  if (setUp) return 0;
  const { openLab } = await import("../start/lab.js");
  return openLab(prepared, folder, listen);
}

function address(text: string): Address {
  const [, host, port] = /^\[?([\w.:-]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (!host || Number(port) > 65_535) throw new InvalidArgumentError("expected host:port, such as 0.0.0.0:8888");
  return { host, port: Number(port) };
}
