import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as ort from "onnxruntime-node";
import type { PackageFile } from "../python-packages.js";
import { cacheFolder } from "./cache-folder.js";

// Every model's thread begins with this module: what installs a runtime, and its packages, are elsewhere.

const require = createRequire(import.meta.url);

/** The wheel whose providers belong to the onnxruntime-node of package.json, and what is taken of it. */
export const CUDA_WHEEL: PackageFile = {
  project: "onnxruntime-gpu",
  version: "1.30.0",
  file: "onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_28_x86_64.whl",
  sha256: "4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa",
};

/** Where the runtime with a wheel's providers is kept. */
export const folderOf = ({ version, sha256 }: PackageFile) =>
  join(cacheFolder(), "devices", `cuda-${version}-${sha256.slice(0, 16)}`);

/** What was installed, written last: sizes in bytes by the path in the folder. */
export type Manifest = Readonly<Record<string, number>>;

/** A folder from which onnxruntime-node can be loaded with CUDA; undefined where none was installed, or not all of it is there. */
export function installedRuntime(wheel = CUDA_WHEEL): string | undefined {
  const folder = folderOf(wheel);
  try {
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
    const whole = Object.entries(manifest).every(([path, size]) => statSync(join(folder, path)).size === size);
    return whole ? join(folder, "node_modules", "onnxruntime-node") : undefined;
  } catch {
    return undefined;
  }
}

/** What is used of onnxruntime-node. */
export type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** The module of onnxruntime-node: with CUDA where that was installed, whatever it is to run on, as a process can hold one only. */
export function runtimeModule(): Runtime {
  const folder = installedRuntime();
  const runtime: Runtime = require(folder ?? "onnxruntime-node");
  // What fails is thrown as well, and said in our words.
  runtime.env.logLevel = "fatal";
  return runtime;
}
