import type { Command } from "commander";
import { deviceOption, labelsOption, type ModelChoice, openModel, outputOption, preprocessOption } from "../options.js";
import { interruptSignal, print } from "../terminal.js";

interface ViewFlags extends Partial<ModelChoice> {
  readonly browser: boolean;
}

export function addView(program: Command): void {
  program
    .command("view")
    .argument("<audit>", "the audit's folder")
    .description("explore a finished audit in the browser: filter, sort, search and open its pictures")
    .option("-m, --model <name>", "the audited model, so that claims can be tested: catalog name, file or URL")
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .option("--no-browser", "print the address instead of opening it")
    .action(view);
}

async function view(folder: string, { browser, model: name, ...choice }: ViewFlags): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { Explorer } = await import("../../explorer/explorer.js");
  const { serveExplorer } = await import("../view/server.js");
  const { openBrowser } = await import("../view/open-browser.js");
  const signal = interruptSignal();
  const audit = await openAudit(folder);
  await using model = name === undefined ? undefined : await openModel({ ...choice, model: name });
  const explorer = await Explorer.open(audit, model);
  const server = await serveExplorer(explorer);
  try {
    print(`${server.url}\n\nFor you alone: whoever has this address sees the audit. Stop with Ctrl-C.`);
    if (browser) await openBrowser(server.url);
    if (!signal.aborted) await new Promise((stopped) => signal.addEventListener("abort", stopped, { once: true }));
  } finally {
    await server.close();
    await explorer.close();
  }
}
