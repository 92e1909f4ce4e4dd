import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../model/cache.js";
import { kernelInfo } from "./install.js";
import { packageRoot } from "./package.js";

/** One thing that was looked at. */
export interface Finding {
  check: string;
  ok: boolean;
  /** What was found. */
  found: string;
  /** How to mend it; empty where nothing is wrong. */
  mend: string;
}

type Look = () => Promise<string>;

/** Checks what the kernel, the widgets and the models need on this machine, and says how to mend what is missing. */
export async function doctor(): Promise<Finding[]> {
  const checks: [check: string, look: Look, mend: string][] = [
    ["Node", node, "install Node 20.19 or newer"],
    ["JupyterLab", jupyter, "pip install jupyterlab (notebooks run without it: sightline notebook run)"],
    ["kernelspec", kernelspec, "sightline kernel install"],
    ["labextension", labextension, "npm run build, then sightline kernel install"],
    ["zeromq", () => native("zeromq"), "npm install zeromq"],
    ["onnxruntime-node", () => native("onnxruntime-node"), "npm install onnxruntime-node"],
    ["sharp", () => native("sharp"), "npm install sharp"],
    ["free ports", ports, "allow programs to listen on 127.0.0.1"],
    ["model cache", cache, "make that folder writable, or name another with SIGHTLINE_CACHE"],
  ];
  return Promise.all(
    checks.map(async ([check, look, mend]) => {
      try {
        return { check, ok: true, found: await look(), mend: "" };
      } catch (error) {
        return { check, ok: false, found: error instanceof Error ? error.message.split("\n")[0] : String(error), mend };
      }
    }),
  );
}

async function node(): Promise<string> {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node ${process.versions.node} is too old`);
  return process.version;
}

async function jupyter(): Promise<string> {
  const own = join(packageRoot, ".venv", process.platform === "win32" ? "Scripts" : "bin", "jupyter");
  const { stdout } = await promisify(execFile)(existsSync(own) ? own : "jupyter", ["lab", "--version"]).catch(() => {
    throw new Error("JupyterLab is not found");
  });
  const found = stdout.trim();
  if (Number(found.split(".")[0]) < 4) throw new Error(`JupyterLab ${found} is too old for the widgets`);
  return found;
}

async function kernels() {
  const own = join(packageRoot, ".venv");
  return kernelInfo(existsSync(own) ? { prefix: own } : {});
}

async function kernelspec(): Promise<string> {
  const found = await kernels();
  const works = found.find(({ problem }) => !problem);
  if (works) return works.folder;
  throw new Error(found[0] ? `${found[0].folder}: ${found[0].problem}` : "not installed");
}

async function labextension(): Promise<string> {
  const found = (await kernels()).find(({ labextension }) => labextension)?.labextension;
  if (found) return found;
  throw new Error(existsSync(join(packageRoot, "dist/labextension")) ? "not installed" : "not built");
}

async function native(name: string): Promise<string> {
  await import(name);
  return "loads";
}

async function ports(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  await new Promise((resolve) => server.close(resolve));
  return "127.0.0.1 can be listened on";
}

async function cache(): Promise<string> {
  const folder = cacheFolder();
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  return folder;
}
