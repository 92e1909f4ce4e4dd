import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { version } from "../../core/version.js";
import { kernelCommand, packageRoot } from "../node/package-paths.js";
import {
  activePrefix,
  dataFolders,
  type JupyterHost,
  prefixDataFolder,
  thisHost,
  userDataFolder,
} from "./jupyter-paths.js";

export interface PlaceOptions {
  /** For this user: the default. */
  user?: boolean;
  /** Into the active Python environment. */
  sysPrefix?: boolean;
  /** Into a given environment. */
  prefix?: string;
  /** Name of the kernelspec: letters, digits, dots, hyphens and underscores. */
  name?: string;
  /** Where Jupyter is; this machine by default. */
  host?: JupyterHost;
}

export interface InstalledKernel {
  name: string;
  folder: string;
  /** Folder of the browser side of the widgets; undefined where it was not built. */
  labextension?: string;
}

/** What Jupyter finds under a name, and whether it is ours and works. */
export interface ListedKernel extends InstalledKernel {
  displayName: string;
  command: string[];
  ours: boolean;
  /** Why it will not start, where that can be seen. */
  problem?: string;
}

export const LABEXTENSION = "sightline";

/**
 * Makes the kernel known to Jupyter, and its widgets where they are built. Safe to repeat; a folder is put in place whole.
 * @throws SightlineError `bad-config` for a wrong name or an unknown place, `write-failed`
 */
export async function installKernel(options: PlaceOptions = {}): Promise<InstalledKernel> {
  const name = checkedName(options.name);
  const data = placeOf(options);
  const folder = join(data, "kernels", name);
  const spec = {
    argv: kernelCommand,
    display_name: name === "sightline" ? "TypeScript (Sightline)" : `TypeScript (Sightline, ${name})`,
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false, sightline: { version } },
  };
  await replaceFolder(folder, async (scratch) => {
    await writeFile(join(scratch, "kernel.json"), `${JSON.stringify(spec, undefined, 2)}\n`);
    for (const logo of ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]) {
      await cp(new URL(`logo/${logo}`, import.meta.url), join(scratch, logo));
    }
  });
  const built = join(packageRoot, "dist/labextension");
  if (!existsSync(join(built, "package.json"))) return { name, folder };
  const labextension = join(data, "labextensions", LABEXTENSION);
  await replaceFolder(labextension, (scratch) => cp(built, scratch, { recursive: true }));
  return { name, folder, labextension };
}

/** Takes the kernel away again, and the widgets when no other kernel of ours is left there. Returns what was removed. */
export async function removeKernel(options: PlaceOptions = {}): Promise<string[]> {
  const data = placeOf(options);
  const folder = join(data, "kernels", checkedName(options.name));
  const removed: string[] = [];
  if ((await readSpec(folder))?.ours) {
    await rm(folder, { recursive: true });
    removed.push(folder);
  }
  const left = await readdir(join(data, "kernels")).catch(() => [] as string[]);
  const specs = await Promise.all(left.map((name) => readSpec(join(data, "kernels", name))));
  const labextension = join(data, "labextensions", LABEXTENSION);
  if (removed.length > 0 && !specs.some((spec) => spec?.ours) && existsSync(labextension)) {
    await rm(labextension, { recursive: true });
    removed.push(labextension);
  }
  return removed;
}

/** Every kernel of ours that Jupyter finds on this machine, in its order. */
export async function installedKernels(options: Pick<PlaceOptions, "prefix" | "host"> = {}): Promise<ListedKernel[]> {
  const folders = [
    ...(options.prefix ? [prefixDataFolder(resolve(options.prefix))] : []),
    ...dataFolders(options.host),
  ];
  const kernels: ListedKernel[] = [];
  for (const data of new Set(folders)) {
    for (const name of (await readdir(join(data, "kernels")).catch(() => [] as string[])).sort()) {
      const spec = await readSpec(join(data, "kernels", name));
      if (!spec?.ours) continue;
      const labextension = join(data, "labextensions", LABEXTENSION);
      kernels.push({ ...spec, ...(existsSync(labextension) && { labextension }) });
    }
  }
  return kernels;
}

async function readSpec(folder: string): Promise<ListedKernel | undefined> {
  let spec: { argv?: unknown; display_name?: unknown; metadata?: Record<string, unknown> };
  try {
    spec = JSON.parse(await files.readText(join(folder, "kernel.json"), { atMost: 2 ** 20 }));
  } catch {
    return undefined;
  }
  const command = Array.isArray(spec?.argv) ? spec.argv.map(String) : [];
  const missing = command
    .filter((part) => !/^-|\{/.test(part))
    .slice(0, 2)
    .find((file) => !existsSync(file));
  return {
    name: basename(folder),
    folder,
    displayName: String(spec?.display_name ?? ""),
    command,
    ours: spec?.metadata?.sightline !== undefined,
    ...(missing && { problem: `'${missing}' does not exist` }),
  };
}

function placeOf({ user, sysPrefix, prefix, host = thisHost() }: PlaceOptions): string {
  const places = [user && "--user", sysPrefix && "--sys-prefix", prefix !== undefined && "--prefix"].filter(Boolean);
  if (places.length > 1) {
    throw new SightlineError("bad-config", `${places.join(" and ")} exclude each other`, { next: "choose one" });
  }
  if (prefix !== undefined) return prefixDataFolder(resolve(prefix));
  if (!sysPrefix) return userDataFolder(host);
  const active = activePrefix(host);
  if (active) return prefixDataFolder(active);
  throw new SightlineError("bad-config", "no Python environment is active", {
    expected: "VIRTUAL_ENV or CONDA_PREFIX to be set",
    next: "activate one, or name it with --prefix DIR",
  });
}

function checkedName(name = "sightline"): string {
  if (/^[A-Za-z0-9._-]+$/.test(name) && !/^\.+$/.test(name)) return name;
  throw new SightlineError("bad-config", `'${name}' is not a valid name for a kernelspec`, {
    received: name,
    expected: "letters, digits, dots, hyphens and underscores",
  });
}

/**
 * Fills a scratch folder on the same disk and swaps it in; the old one stays until the new one stands. The scratch is not
 * where Jupyter looks: what a killed install leaves behind is no kernel.
 */
async function replaceFolder(target: string, fill: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = join(dirname(dirname(target)), `.${basename(target)}-${randomBytes(6).toString("hex")}`);
  const old = `${scratch}-old`;
  try {
    await mkdir(scratch, { recursive: true });
    await mkdir(dirname(target), { recursive: true });
    await fill(scratch);
    const replaces = existsSync(target);
    if (replaces) await rename(target, old);
    try {
      await rename(scratch, target);
    } catch (error) {
      if (replaces) await rename(old, target);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true }).catch(() => {});
    throw new SightlineError("write-failed", `'${target}' cannot be written`, { received: target, cause });
  }
}
