import type { Command } from "commander";
import { jsonOption } from "../options.js";
import { printJson, printRows } from "../terminal.js";

export function addMethods(program: Command): void {
  program
    .command("methods")
    .description("list every method, what it needs and what it costs")
    .addOption(jsonOption())
    .action(listMethods);
}

async function listMethods({ json }: { json?: boolean }): Promise<void> {
  const { methods } = await import("../../methods/registry.js");
  if (json) return printJson(methods());
  const passes = ({ forward, backward }: { forward: number; backward: number }) =>
    backward ? `${forward}+${backward}` : `${forward}`;
  const rows = methods().map(({ name, mode, presets, summary }) => ({
    method: name,
    mode,
    speed: passes(presets.speed),
    balance: passes(presets.balance),
    quality: passes(presets.quality),
    summary,
  }));
  printRows(rows, false);
}
