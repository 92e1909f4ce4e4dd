import { homedir } from "node:os";
import { join } from "node:path";

/** What Jupyter's rules look at, so that a test can say it. */
export interface Surroundings {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
}

export const here = (): Surroundings => ({ platform: process.platform, env: process.env, home: homedir() });

/** The user's Jupyter data folder, by the rules of `jupyter_core.paths`. */
export function userDataFolder({ platform, env, home }: Surroundings = here()): string {
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  if (isTrue(env.JUPYTER_PLATFORM_DIRS)) {
    if (platform === "darwin") return join(home, "Library", "Application Support", "Jupyter");
    if (platform === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "Jupyter");
    return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
  }
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32") {
    if (env.APPDATA) return join(env.APPDATA, "jupyter");
    return join(env.JUPYTER_CONFIG_DIR || join(home, ".jupyter"), "data");
  }
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}

/** The data folder of an environment. */
export function prefixDataFolder(prefix: string): string {
  return join(prefix, "share", "jupyter");
}

/** The active Python environment: of venv or conda; undefined where none is active. */
export function activePrefix({ env }: Surroundings = here()): string | undefined {
  return env.VIRTUAL_ENV || env.CONDA_PREFIX || undefined;
}

/** Folders where Jupyter looks for kernels and extensions, the first found wins. */
export function dataFolders(surroundings: Surroundings = here()): string[] {
  const { platform, env } = surroundings;
  const user = userDataFolder(surroundings);
  const prefix = activePrefix(surroundings);
  const environment = prefix ? [prefixDataFolder(prefix)] : [];
  const preferEnvironment =
    env.JUPYTER_PREFER_ENV_PATH === undefined ? prefix !== undefined : isTrue(env.JUPYTER_PREFER_ENV_PATH);
  const system =
    platform === "win32"
      ? [join(env.PROGRAMDATA ?? "C:\\ProgramData", "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const named = env.JUPYTER_PATH?.split(platform === "win32" ? ";" : ":").filter(Boolean) ?? [];
  const found = [...named, ...(preferEnvironment ? [...environment, user] : [user, ...environment]), ...system];
  return [...new Set(found)];
}

/** Jupyter's own reading of a switch in the environment. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && !["no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());
}
