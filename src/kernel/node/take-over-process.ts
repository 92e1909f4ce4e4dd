import { StringDecoder } from "node:string_decoder";
import { SightlineError } from "../../core/errors.js";
import type { InterruptSignals } from "../interrupt-signals.js";
import type { Kernel } from "../kernel.js";
import type { StreamName } from "../transport.js";

/** Ends the process; cells get a `process.exit` that ends the kernel first. */
export const exitProcess = process.exit.bind(process);

const writeStderr = process.stderr.write.bind(process.stderr);

/** To the server's own log, not into a notebook. */
export function log(text: string): void {
  writeStderr(`[sightline] ${text}\n`);
}

/** From now on the process belongs to the kernel: what it prints, what it throws, its signals and its end. */
export function takeOverProcess(kernel: Kernel, signals: InterruptSignals): void {
  catchOutput(kernel);
  catchErrors(kernel);
  process.on("SIGINT", () => {
    if (signals.sigintsUnderway > 0) signals.sigintSeen();
    else kernel.interrupt();
  });
  process.on("SIGTERM", () => void kernel.exit(0));
  process.exit = (code) => {
    const status = Number(code ?? process.exitCode ?? 0);
    if (kernel.exiting) return exitProcess(status);
    const message = `process.exit(${code ?? ""}) was called; the kernel stops and its variables are lost`;
    const error = new SightlineError("kernel-failed", message, { next: "rerun the notebook from the top" });
    kernel.abandon(error, status);
    throw error;
  };
}

function catchOutput(kernel: Kernel): void {
  for (const name of ["stdout", "stderr"] as const satisfies StreamName[]) {
    const decoder = new StringDecoder("utf8");
    process[name].write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error) => void),
      callback?: (error?: Error) => void,
    ): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (text) kernel.print(name, text);
      const done = typeof encoding === "function" ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
  }
}

function catchErrors(kernel: Kernel): void {
  process.on("uncaughtException", (error) => kernel.showError(error));
  process.on("unhandledRejection", (error) => kernel.showError(error));
}
