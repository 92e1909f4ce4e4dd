import type { Command } from "commander";
import { interruptSignal, print } from "../terminal.js";

interface ViewFlags {
  readonly browser: boolean;
}

export function addView(program: Command): void {
  program
    .command("view")
    .argument("<audit>", "the audit's folder")
    .description("explore a finished audit in the browser: filter, sort, search and open its pictures")
    .option("--no-browser", "print the address instead of opening it")
    .action(view);
}

async function view(folder: string, { browser }: ViewFlags): Promise<void> {
  const { openAudit } = await import("../../audit/index.js");
  const { Explorer } = await import("../../explorer/explorer.js");
  const { serveExplorer } = await import("../view/server.js");
  const { openBrowser } = await import("../view/open-browser.js");
  const signal = interruptSignal();
  const explorer = await Explorer.open(await openAudit(folder));
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
