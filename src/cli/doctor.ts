import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "#platform/cache-folder";
import { installedKernels } from "../kernel/install/install.js";
import { type JupyterHost, thisHost } from "../kernel/install/jupyter-paths.js";
import { packageRoot } from "../kernel/node/package-paths.js";

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
  /** Folder of the package, whose own `.venv` goes before what is on the path. */
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
  const own = join(root, ".venv");
  const kernels = installedKernels({ host, ...(existsSync(own) && { prefix: own }) });
  const native = async (name: string) => {
    await load(name);
    return "loads";
  };
  const checks: [check: string, look: () => string | Promise<string>, fix: string][] = [
    ["Node", () => node(nodeVersion), "install Node 20.19 or newer"],
    [
      "JupyterLab",
      () => jupyter(own, host),
      "pip install jupyterlab (notebooks run without it: sightline notebook run)",
    ],
    ["kernelspec", async () => kernelspec(await kernels), "sightline kernel install"],
    ["labextension", async () => labextension(await kernels, root), "npm run build, then sightline kernel install"],
    ["zeromq", () => native("zeromq"), "npm install zeromq"],
    ["onnxruntime-node", () => native("onnxruntime-node"), "npm install onnxruntime-node"],
    ["sharp", () => native("sharp"), "npm install sharp"],
    ["free ports", () => ports(address), `allow programs to listen on ${address}`],
    ["model cache", () => cache(host), "make that folder writable, or name another with SIGHTLINE_CACHE"],
  ];
  return Promise.all(
    checks.map(async ([check, look, fix]) => {
      try {
        return { check, ok: true, found: await look(), fix: "" };
      } catch (error) {
        return { check, ok: false, found: error instanceof Error ? error.message.split("\n")[0] : String(error), fix };
      }
    }),
  );
}

function node(version: string): string {
  const [major, minor] = version.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node ${version} is too old`);
  return `v${version}`;
}

async function jupyter(environment: string, { platform, env }: JupyterHost): Promise<string> {
  const own = join(environment, platform === "win32" ? "Scripts" : "bin", "jupyter");
  const { stdout } = await promisify(execFile)(existsSync(own) ? own : "jupyter", ["lab", "--version"], { env }).catch(
    () => {
      throw new Error("JupyterLab is not found");
    },
  );
  const found = stdout.trim();
  if (Number(found.split(".")[0]) < 4) throw new Error(`JupyterLab ${found} is too old for the widgets`);
  return found;
}

type Kernels = Awaited<ReturnType<typeof installedKernels>>;

function kernelspec(kernels: Kernels): string {
  const works = kernels.find(({ problem }) => !problem);
  if (works) return works.folder;
  throw new Error(kernels[0] ? `${kernels[0].folder}: ${kernels[0].problem}` : "not installed");
}

function labextension(kernels: Kernels, root: string): string {
  const found = kernels.find(({ labextension }) => labextension)?.labextension;
  if (found) return found;
  throw new Error(existsSync(join(root, "dist/labextension")) ? "not installed" : "not built");
}

async function ports(address: string): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
  await new Promise((resolve) => server.close(resolve));
  return `${address} can be listened on`;
}

async function cache({ env, platform }: JupyterHost): Promise<string> {
  const folder = cacheFolder(env as NodeJS.ProcessEnv, platform);
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  return folder;
}
