import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Fault } from "./fault.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Path of a program that starts: one that is named by its path, or found on PATH. */
function find(program: string, env: Environment): string | undefined {
  const folders = program.includes("/") ? [""] : (env.PATH ?? "").split(delimiter);
  return folders
    .map((folder) => join(folder, program))
    .find(
      (path) =>
        existsSync(path) &&
        spawnSync(path, ["--version"], { stdio: "ignore", env: env as NodeJS.ProcessEnv }).status === 0,
    );
}

/** Path of a Chromium for the tests in a browser: that of CHROMIUM, or one of the usual names. */
export function findChromium(env: Environment = process.env): string | undefined {
  const names = [env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"];
  return names.map((name) => name && find(name, env)).find((path) => path);
}

/** Path of a Chromium. @throws Fault where the tests in a browser would be skipped */
export function chromium(env: Environment = process.env): string {
  const found = findChromium(env);
  if (found) return found;
  throw new Fault("Chromium is not found", "apt-get install chromium");
}

/** Path of a Redis. @throws Fault where the tests of the job queue would be skipped */
export function redis(env: Environment = process.env): string {
  const found = find("redis-server", env);
  if (found) return found;
  throw new Fault("Redis is not found", "apt-get install redis-server");
}
