import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { SightlineError } from "../../core/errors.js";
import type { PackageFile } from "../python-packages.js";
import { unzip } from "./archive.js";
import { CUDA_WHEEL, folderOf, installedRuntime, type Manifest } from "./installed-runtime.js";
import { fetchPackageFile } from "./python-packages.js";

const require = createRequire(import.meta.url);

const PROVIDERS = ["shared", "cuda", "tensorrt"].map((name) => `libonnxruntime_providers_${name}.so`);
const MOST_BYTES = 2 ** 30;

/**
 * Puts the runtime with its CUDA providers into the cache, as a whole or not at all: onnxruntime looks for providers
 * beside its own library, and a package's folder is not ours to write to.
 * @returns the folder
 * @throws SightlineError `not-supported`, `download-failed`, `checksum-mismatch`, `write-failed`, `aborted`
 */
export async function installCuda({
  wheel = CUDA_WHEEL,
  signal,
}: {
  wheel?: PackageFile;
  signal?: AbortSignal;
} = {}): Promise<string> {
  const installed = installedRuntime(wheel);
  if (installed) return installed;
  checkMachine(wheel);
  const bytes = await fetchPackageFile(wheel, { signal });
  const folder = folderOf(wheel);
  const draft = `${folder}.${randomUUID()}`;
  try {
    const manifest = await fill(draft, bytes, wheel);
    await writeFile(join(draft, "manifest.json"), JSON.stringify(manifest));
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError("write-failed", `${folder} could not be written`, {
      next: "check the space (400 MB) and the rights, or name another folder with SIGHTLINE_CACHE",
      cause,
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return installedRuntime(wheel) as string;
}

function checkMachine({ version }: PackageFile): void {
  const machine = `${process.platform} ${process.arch}`;
  if (machine !== "linux x64") {
    throw new SightlineError("not-supported", `CUDA's libraries are for Linux on x64, and this is ${machine}`, {
      next: "use device: 'auto'",
    });
  }
  const { version: own } = require("onnxruntime-node/package.json") as { version: string };
  if (own === version) return;
  throw new SightlineError("not-supported", `onnxruntime-node is ${own}, CUDA's libraries are of ${version}`, {
    received: own,
    expected: version,
    next: "install the onnxruntime-node that Sightline's package.json names",
  });
}

/** Copies of the two packages, which are small without other systems' binaries, and the providers beside the library. */
async function fill(draft: string, wheel: Uint8Array, { file }: PackageFile): Promise<Manifest> {
  const sizes: Record<string, number> = {};
  const modules = join(draft, "node_modules");
  const binaries = join("bin", "napi-v6", process.platform, process.arch);
  const runtime = dirname(require.resolve("onnxruntime-node/package.json"));
  const common = packageOf(createRequire(join(runtime, "package.json")).resolve("onnxruntime-common"));
  for (const [name, from, parts] of [
    ["onnxruntime-node", runtime, ["package.json", "dist", binaries]],
    ["onnxruntime-common", common, ["package.json", "dist"]],
  ] as const) {
    for (const part of parts)
      await cp(join(from, part), join(modules, name, part), { recursive: true, dereference: true });
  }
  const place = join("node_modules", "onnxruntime-node", binaries);
  await mkdir(join(draft, place), { recursive: true });
  for (const name of PROVIDERS) {
    const entry = `onnxruntime/capi/${name}`;
    const bytes = (await entriesOf(wheel, entry, file)).get(entry);
    if (!bytes) throw new SightlineError("bad-data", `${file} has no ${entry}`, { received: file });
    await writeFile(join(draft, place, name), bytes, { mode: 0o755 });
    sizes[join(place, name)] = bytes.length;
  }
  for (const name of ["onnxruntime_binding.node", "libonnxruntime.so.1"]) {
    sizes[join(place, name)] = statSync(join(draft, place, name)).size;
  }
  return sizes;
}

/** The folder of the package that a file belongs to. */
function packageOf(path: string): string {
  const folder = dirname(path);
  return basename(dirname(folder)) === "node_modules" ? folder : packageOf(folder);
}

async function entriesOf(wheel: Uint8Array, entry: string, file: string): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    return await unzip(wheel, { entry, atMost: MOST_BYTES });
  } catch (cause) {
    throw new SightlineError("bad-data", `${file} is no archive that can be read`, { received: file, cause });
  }
}
