import { existsSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cacheFolder } from "#platform/cache-folder";
import { type JupyterHost, userDataFolder } from "../../kernel/install/jupyter-paths.js";
import { Fault } from "./fault.js";

/** Where Jupyter keeps kernels and what it knows of those that run: in the user's home, unless the environment says otherwise. */
export function homeFolder(host: JupyterHost): Promise<string> {
  const name = host.env.JUPYTER_DATA_DIR ? "JUPYTER_DATA_DIR" : host.platform === "win32" ? "USERPROFILE" : "HOME";
  return writable(userDataFolder(host), host, name);
}

/** Where downloaded models and the environment of `sightline start` are kept. */
export const cacheOf = ({ env, platform }: JupyterHost): string => cacheFolder(env as NodeJS.ProcessEnv, platform);

/** That it can be written. */
export function modelCache(host: JupyterHost): Promise<string> {
  return writable(cacheOf(host), host, "SIGHTLINE_CACHE");
}

/** Makes a folder there and takes it away: permissions alone do not tell of a read-only file system, or of root's rights. */
async function writable(folder: string, { platform }: JupyterHost, variable: string): Promise<string> {
  let nearest = resolve(folder);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    await rmdir(await mkdtemp(join(nearest, ".sightline-doctor-")));
    return folder;
  } catch (error) {
    const another = platform === "win32" ? `set ${variable}=%TEMP%\\sightline` : `export ${variable}="$(mktemp -d)"`;
    throw new Fault(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`,
      `make it writable, or name another folder: ${another}`,
    );
  }
}
