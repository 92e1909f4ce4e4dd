import { homedir } from "node:os";
import { join } from "node:path";

/** Where downloaded models are kept: `SIGHTLINE_CACHE`, or the system's folder for such things. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (env.SIGHTLINE_CACHE) return env.SIGHTLINE_CACHE;
  const home = env.HOME ?? env.USERPROFILE ?? homedir();
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "sightline", "cache");
  if (platform === "darwin") return join(home, "Library", "Caches", "sightline");
  return join(env.XDG_CACHE_HOME || join(home, ".cache"), "sightline");
}
