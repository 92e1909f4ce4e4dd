import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** What Jupyter's rules look at, so that a test can say it. */
export interface JupyterHost {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
}

export const thisHost = (): JupyterHost => ({ platform: process.platform, env: process.env, home: homedir() });

const joinOf = ({ platform }: JupyterHost) => (platform === "win32" ? win32 : posix).join;

/** The user's Jupyter data folder, by the rules of `jupyter_core.paths`. */
export function userDataFolder(host: JupyterHost = thisHost()): string {
  const { platform, env, home } = host;
  const join = joinOf(host);
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  const platformFolders = isTrue(env.JUPYTER_PLATFORM_DIRS);
  if (platform === "darwin") {
    return platformFolders ? join(home, "Library", "Application Support", "Jupyter") : join(home, "Library", "Jupyter");
  }
  if (platform === "win32") {
    if (platformFolders) return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "Jupyter");
    if (env.APPDATA) return join(env.APPDATA, "jupyter");
    return join(env.JUPYTER_CONFIG_DIR || join(home, ".jupyter"), "data");
  }
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}

/** The data folder of an environment. */
export function prefixDataFolder(prefix: string, host: JupyterHost = thisHost()): string {
  return joinOf(host)(prefix, "share", "jupyter");
}

/** The active Python environment: of venv or conda; undefined where none is active. */
export function activePrefix({ env }: JupyterHost = thisHost()): string | undefined {
  return env.VIRTUAL_ENV || env.CONDA_PREFIX || undefined;
}

/** Folders where Jupyter looks for kernels and extensions, the first found wins. */
export function dataFolders(host: JupyterHost = thisHost()): string[] {
  const { platform, env } = host;
  const prefix = activePrefix(host);
  const environment = prefix ? [prefixDataFolder(prefix, host)] : [];
  const user = [userDataFolder(host), ...(env.VIRTUAL_ENV ? [] : [userSiteFolder(host)])];
  const named = env.JUPYTER_PATH?.split(platform === "win32" ? ";" : ":").filter(Boolean) ?? [];
  const folders = prefersEnvironment(host) ? [...environment, ...user] : [...user, ...environment];
  return [...new Set([...named, ...folders, ...systemFolders(host)])];
}

/** Where `pip install --user` puts data files. */
function userSiteFolder(host: JupyterHost): string {
  const { platform, env, home } = host;
  const join = joinOf(host);
  const base = platform === "win32" ? join(env.APPDATA ?? home, "Python") : join(home, ".local");
  return prefixDataFolder(env.PYTHONUSERBASE || base, host);
}

/** An environment goes before the user's folder where one is active that is not conda's base. */
function prefersEnvironment({ env }: JupyterHost): boolean {
  if (env.JUPYTER_PREFER_ENV_PATH !== undefined) return isTrue(env.JUPYTER_PREFER_ENV_PATH);
  return !!env.VIRTUAL_ENV || (!!env.CONDA_PREFIX && (env.CONDA_DEFAULT_ENV ?? "base") !== "base");
}

/** `%PROGRAMDATA%` can be written to by every user: it counts only where somebody asked for it. */
function systemFolders(host: JupyterHost): string[] {
  const { platform, env } = host;
  const platformFolders = isTrue(env.JUPYTER_PLATFORM_DIRS);
  if (platform === "win32") {
    if (!isTrue(env.JUPYTER_USE_PROGRAMDATA) || !env.PROGRAMDATA) return [];
    return [win32.join(env.PROGRAMDATA, platformFolders ? "Jupyter" : "jupyter")];
  }
  if (platformFolders && platform === "darwin") return ["/Library/Application Support/Jupyter"];
  if (platformFolders && env.XDG_DATA_DIRS)
    return env.XDG_DATA_DIRS.split(":").map((one) => posix.join(one, "jupyter"));
  return ["/usr/local/share/jupyter", "/usr/share/jupyter"];
}

/** Jupyter's own reading of a switch in the environment. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && !["no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());
}
