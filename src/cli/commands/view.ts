import { type Command, Option } from "commander";
import { closest, SightlineError } from "../../core/errors.js";
import type { ExplorerBackend } from "../../explorer/types.js";
import {
  addPairOptions,
  deviceOption,
  labelsOption,
  type ModelChoice,
  openModel,
  outputOption,
  preprocessOption,
  wholeNumber,
} from "../options.js";
import { interruptSignal, print } from "../terminal.js";

interface ViewFlags extends Partial<ModelChoice> {
  readonly before?: string;
  readonly browser: boolean;
  readonly export?: string;
  readonly size: number;
  readonly view?: string;
}

const MEGABYTE = 1e6;
/** What a page brings of thumbnails and maps where nobody says otherwise, in megabytes. */
const USUAL_SIZE = 64;

export function addView(program: Command): void {
  addPairOptions(
    program
      .command("view")
      .argument("<audit>", "the audit's folder")
      .description("explore a finished audit in the browser: filter, sort, search and open its pictures")
      .option("-m, --model <name>", "the audited model, so that claims can be tested: catalog name, file or URL")
      .addOption(labelsOption()),
  )
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .option("--before <audit>", "an earlier audit of the same pictures: see what changed, both in one map")
    .option("--no-browser", "print the address instead of opening it")
    .option("--view <name>", "open a view that somebody kept")
    .option("--export <file>", "write it as one page that works without a network, and open nothing")
    .addOption(
      new Option("--size <MB>", "with --export: how much of the thumbnails and maps the page brings")
        .argParser(wholeNumber)
        .default(USUAL_SIZE),
    )
    .action((folder: string, flags: ViewFlags) =>
      flags.export === undefined ? view(folder, flags) : exportPage(folder, flags.export, flags),
    );
}

async function exportPage(folder: string, to: string, { size, before }: ViewFlags): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { writeAuditPage } = await import("../../export/audit-page.js");
  const audit = await openAudit(folder);
  const { pictures, limits } = await writeAuditPage(audit, to, {
    most: size * MEGABYTE,
    before: before === undefined ? undefined : await openAudit(before),
    signal: interruptSignal(),
  });
  print(`${pictures} ${pictures === 1 ? "picture" : "pictures"}: ${to}`);
  for (const limit of limits) print(`note: ${limit}`);
}

async function view(folder: string, { before, browser, model: name, view: kept, ...choice }: ViewFlags): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { Explorer } = await import("../../explorer/explorer.js");
  const { serveExplorer } = await import("../view/server.js");
  const { openBrowser } = await import("../view/open-browser.js");
  const signal = interruptSignal();
  const audit = await openAudit(folder);
  await using model = name === undefined ? undefined : await openModel({ ...choice, model: name });
  const explorer = await Explorer.open(audit, {
    model,
    before: before === undefined ? undefined : await openAudit(before),
  });
  const server = await serveExplorer(explorer);
  const url = kept === undefined ? server.url : `${server.url}#view=${encodeURIComponent(kept)}`;
  try {
    if (kept !== undefined) await checkKept(explorer, kept);
    print(`${url}\n\nFor you alone: whoever has this address sees the audit. Stop with Ctrl-C.`);
    if (browser) await openBrowser(url);
    if (!signal.aborted) await new Promise((stopped) => signal.addEventListener("abort", stopped, { once: true }));
  } finally {
    await server.close();
    await explorer.close();
  }
}

/** @throws SightlineError `bad-config` where nobody keeps a view of this name */
async function checkKept(explorer: ExplorerBackend, name: string): Promise<void> {
  const names = (await explorer.annotated()).views.map((view) => view.name);
  if (names.includes(name)) return;
  throw new SightlineError("bad-config", `the audit has no view '${name}'`, {
    received: name,
    next: closest(name, names, 3).join(", ") || "keep one in the explorer first",
  });
}
