import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { type RunStep, runStep } from "./steps.js";

/** A virtual environment of Python that has JupyterLab. */
export interface PythonEnvironment {
  readonly folder: string;
  /** Path of a program in it. */
  program(name: string): string;
}

/** What JupyterLab needs, with versions. */
export const REQUIREMENTS = fileURLToPath(new URL("./requirements.txt", import.meta.url));

const OLDEST = [3, 11] as const;

/** How to get what {@link findPython} looks for. */
export function pythonAdvice(platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32") return "install Python 3.11 from python.org, or: winget install Python.Python.3.11";
  if (platform === "darwin") return "brew install python@3.11";
  return "Debian and Ubuntu: apt-get install python3 python3-venv python3-pip";
}

/** What was found of Python: a command that can make environments, or why there is none. */
export type FoundPython = { readonly command: readonly string[] } | { readonly problem: string };

/** Runs a program and says how it ended, as `spawnSync` does. */
export type Probe = (command: string, args: readonly string[]) => { status: number | null; stdout: string };

/** Runs programs as they are found in an environment. */
export const probeIn =
  (env: Readonly<Record<string, string | undefined>>): Probe =>
  (command, args) => {
    const { status, stdout } = spawnSync(command, args, { encoding: "utf8", env: env as NodeJS.ProcessEnv });
    return { status, stdout: stdout ?? "" };
  };

/** Looks for a Python 3.11 or newer with `venv` and `ensurepip`. */
export function findPython(
  platform: NodeJS.Platform = process.platform,
  probe: Probe = probeIn(process.env),
): FoundPython {
  const candidates = platform === "win32" ? [["py", "-3"], ["python"]] : [["python3.11"], ["python3"], ["python"]];
  let problem = "Python is not found";
  for (const command of candidates) {
    const [program, ...args] = command;
    const { status, stdout } = probe(program, [...args, "-c", "import sys; print(*sys.version_info[:2])"]);
    if (status !== 0) continue;
    const [major, minor] = stdout.trim().split(" ").map(Number);
    if (major !== OLDEST[0] || minor < OLDEST[1]) {
      problem = `Python ${major}.${minor} is too old: ${OLDEST.join(".")} or newer is needed`;
      continue;
    }
    if (probe(program, [...args, "-c", "import venv, ensurepip"]).status === 0) return { command };
    problem = `Python ${major}.${minor} is there, but its venv module is not`;
  }
  return { problem };
}

/**
 * Makes the environment, or brings it up to date; nothing is done where it is already as the requirements say.
 * @throws SightlineError `not-installed` without a Python that can make environments, `run-failed` when a step fails
 */
export async function preparePython(
  folder: string,
  { requirements = REQUIREMENTS, run = runStep }: { requirements?: string; run?: RunStep } = {},
): Promise<PythonEnvironment> {
  const environment = environmentIn(folder);
  const stamp = join(folder, ".sightline-requirements");
  const wanted = createHash("sha256")
    .update(readFileSync(REQUIREMENTS))
    .update(readFileSync(requirements))
    .digest("hex");
  const done = (await files.readText(stamp, { atMost: 1024 }).catch(() => undefined)) === wanted;
  if (done && existsSync(environment.program("jupyter"))) return environment;
  const python = findPython();
  if ("problem" in python) {
    throw new SightlineError("not-installed", python.problem, {
      expected: "Python 3.11 or newer with pip and venv, for JupyterLab",
      next: `${pythonAdvice()}; or use --no-lab, which needs no Python`,
    });
  }
  if (!existsSync(environment.program("python"))) {
    mkdirSync(dirname(folder), { recursive: true });
    const [program, ...args] = python.command;
    await run("Python environment", program, [...args, "-m", "venv", folder]);
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "-r", requirements];
  await run("JupyterLab (pip)", environment.program("python"), pip);
  writeFileSync(stamp, wanted);
  return environment;
}

export function environmentIn(folder: string): PythonEnvironment {
  const windows = process.platform === "win32";
  return {
    folder,
    program: (name) => join(folder, windows ? "Scripts" : "bin", windows ? `${name}.exe` : name),
  };
}
