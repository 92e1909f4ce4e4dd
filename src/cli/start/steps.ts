import { spawn } from "node:child_process";
import { SightlineError } from "../../core/errors.js";
import { print } from "../terminal.js";

/** Runs one step of a set-up and shows that it goes on. @throws SightlineError `run-failed` with its last lines */
export type RunStep = (title: string, command: string, args: readonly string[]) => Promise<void>;

const LINES_KEPT = 40;
/** Milliseconds between two lines that are shown. */
const PACE = 3_000;

export const runStep: RunStep = async (title, command, args) => {
  const started = performance.now();
  print(`• ${title}`);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let shown = started;
  const note = (data: Buffer) => {
    for (const line of data.toString().split(/\r?\n|\r/)) {
      if (!line.trim()) continue;
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      if (performance.now() - shown < PACE) continue;
      shown = performance.now();
      print(`    ${line.slice(0, 110)}`);
    }
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`),
    );
  });
  if (failure === undefined) return print(`  done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  throw new SightlineError("run-failed", `${title}: ${failure}`, {
    received: lines.join("\n"),
    next: lines.length > 0 ? `its last lines:\n${lines.join("\n")}` : `run it by hand: ${[command, ...args].join(" ")}`,
  });
};
