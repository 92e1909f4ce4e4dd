import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { installedKernels } from "../kernel/install/install.js";
import { type JupyterHost, thisHost } from "../kernel/install/jupyter-paths.js";
import { packageRoot } from "../kernel/node/package-paths.js";
import { Fault } from "./doctor/fault.js";
import { cacheOf, homeFolder, modelCache } from "./doctor/folders.js";
import { nativeModule } from "./doctor/native-modules.js";
import { proxy } from "./doctor/proxy.js";
import { chromium, redis } from "./doctor/test-programs.js";
import { STARTED } from "./start/environment.js";
import { findPython, probeIn, pythonAdvice } from "./start/python.js";

/** One thing that was looked at. */
export interface Finding {
  check: string;
  ok: boolean;
  /** What was found. */
  found: string;
  /** How to fix it; empty where nothing is wrong. */
  fix: string;
}

/** What is looked at: this machine, or one that a test describes. */
export interface Machine {
  nodeVersion: string;
  host: JupyterHost;
  /** Folder of the package; its own `.venv`, or else the environment of `sightline start`, goes before what is on the path. */
  root: string;
  /** Address that front ends talk to kernels through. */
  address: string;
  /** Loads a native module. */
  load(name: string): Promise<unknown>;
}

/** Checks what the kernel, the widgets and the models need on this machine, and says how to fix what is missing. */
export async function doctor(machine: Partial<Machine> = {}): Promise<Finding[]> {
  const {
    nodeVersion = process.versions.node,
    host = thisHost(),
    root = packageRoot,
    address = "127.0.0.1",
    load = (name) => import(name),
  } = machine;
  const own = [join(root, ".venv"), join(cacheOf(host), STARTED)].find(existsSync);
  const kernels = installedKernels({ host, ...(own && { prefix: own }) });
  const natives = ["zeromq", "onnxruntime-node", "sharp"];
  const checks: [check: string, look: () => string | Promise<string>][] = [
    ["Node", () => node(nodeVersion)],
    ["Python", () => python(host)],
    ["JupyterLab", () => jupyter(own, host)],
    ["kernelspec", async () => kernelspec(await kernels)],
    ["labextension", async () => labextension(await kernels, root)],
    ...natives.map((name): [string, () => Promise<string>] => [name, () => nativeModule(name, load)]),
    ["proxy", () => proxy(host, nodeVersion)],
    ["free ports", () => ports(address)],
    ["home folder", () => homeFolder(host)],
    ["model cache", () => modelCache(host)],
  ];
  if (existsSync(join(root, "scripts/test.mjs"))) {
    checks.push(["Chromium (tests)", () => chromium(host.env)], ["Redis (tests)", () => redis(host.env)]);
  }
  return Promise.all(
    checks.map(async ([check, look]) => {
      try {
        return { check, ok: true, found: await look(), fix: "" };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { check, ok: false, found: error.message, fix: error.fix };
      }
    }),
  );
}

function node(version: string): string {
  const [major, minor] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return `v${version}`;
  throw new Fault(`Node ${version} is too old`, "install Node 20.19 or newer: nvm install 22");
}

function python({ platform, env }: JupyterHost): string {
  const found = findPython(platform, probeIn(env));
  if ("command" in found) return found.command.join(" ");
  throw new Fault(found.problem, pythonAdvice(platform));
}

async function jupyter(environment: string | undefined, { platform, env }: JupyterHost): Promise<string> {
  const fix = "pip install 'jupyterlab>=4' (notebooks run without it: sightline notebook run)";
  const own = environment && join(environment, platform === "win32" ? "Scripts/jupyter.exe" : "bin/jupyter");
  const program = own && existsSync(own) ? own : "jupyter";
  const { stdout } = await promisify(execFile)(program, ["lab", "--version"], { env }).catch(() => {
    throw new Fault("JupyterLab is not found", fix);
  });
  const found = stdout.trim();
  if (Number(found.split(".")[0]) < 4) throw new Fault(`JupyterLab ${found} is too old for the widgets`, fix);
  return found;
}

type Kernels = Awaited<ReturnType<typeof installedKernels>>;

function kernelspec(kernels: Kernels): string {
  const works = kernels.find(({ problem }) => !problem);
  if (works) return works.folder;
  throw new Fault(
    kernels[0] ? `${kernels[0].folder}: ${kernels[0].problem}` : "not installed",
    "sightline kernel install",
  );
}

function labextension(kernels: Kernels, root: string): string {
  const found = kernels.find(({ labextension }) => labextension)?.labextension;
  if (found) return found;
  throw existsSync(join(root, "dist/labextension"))
    ? new Fault("not installed", "sightline kernel install")
    : new Fault("not built", "npm run build, then sightline kernel install");
}

async function ports(address: string): Promise<string> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
  } catch (error) {
    throw new Fault((error as Error).message, `allow programs to listen on ${address}`);
  }
  await new Promise((resolve) => server.close(resolve));
  return `${address} can be listened on`;
}
