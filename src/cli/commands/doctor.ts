import type { Command } from "commander";
import { jsonOption } from "../options.js";
import { printJson, printRows, type Rows } from "../terminal.js";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check this installation and say how to fix it")
    .addOption(jsonOption())
    .action(diagnose);
}

async function diagnose({ json }: { json?: boolean }): Promise<void> {
  const { doctor } = await import("../doctor.js");
  const findings = await doctor();
  if (json) printJson(findings);
  else printRows(findings as unknown as Rows, false);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}
