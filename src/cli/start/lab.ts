import { spawn } from "node:child_process";
import { print, report } from "../terminal.js";
import type { PythonEnvironment } from "./python.js";

/** JupyterLab keeps its log to itself until it fails; this much of its end is shown then. */
const LOG_KEPT = 4_000;

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens JupyterLab in a folder and stays until it ends; its token guards it wherever it listens.
 * @param listen this machine alone and a free port when absent
 * @returns its exit code
 */
export async function openLab(environment: PythonEnvironment, folder: string, listen?: Address): Promise<number> {
  print("\n• JupyterLab (stop it with Ctrl-C)");
  const hasDisplay = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const lab = spawn(
    environment.program("jupyter"),
    [
      "lab",
      "--notebook-dir",
      folder,
      "--LabApp.news_url=",
      "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
      ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
      ...(hasDisplay && !listen ? [] : ["--no-browser"]),
      ...(listen ? [`--ServerApp.ip=${listen.host}`, `--port=${listen.port}`] : []),
    ],
    { stdio: ["inherit", "ignore", "pipe"] },
  );
  let log = "";
  let address: string | undefined;
  lab.stderr.on("data", (data: Buffer) => {
    log = (log + data.toString()).slice(-LOG_KEPT);
    if (address) return;
    address = /https?:\/\/(?:127\.0\.0\.1|localhost)\S*token=\S+/.exec(log)?.[0];
    if (address) print(`\n  ${address}\n`);
  });
  const stop = () => void lab.kill("SIGTERM");
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const code = await new Promise<number>((resolve) => {
    lab.once("error", (error) => {
      report(error.message);
      resolve(1);
    });
    lab.once("close", (status) => resolve(status ?? 0));
  });
  if (!address) report(log);
  return code;
}
