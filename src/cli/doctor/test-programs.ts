import { spawnSync } from "node:child_process";
import { Fault } from "./fault.js";

type Environment = Readonly<Record<string, string | undefined>>;

const answers = (program: string, env: Environment) =>
  spawnSync(program, ["--version"], { stdio: "ignore", env: env as NodeJS.ProcessEnv }).status === 0;

/** A Chromium for the tests in a browser: that of CHROMIUM, or one of the usual names. */
export function findChromium(env: Environment = process.env): string | undefined {
  const names = [env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"];
  return names.find((name) => name && answers(name, env));
}

/** @throws Fault where the tests in a browser would be skipped */
export function chromium(env: Environment = process.env): string {
  const found = findChromium(env);
  if (found) return found;
  throw new Fault("Chromium is not found", "apt-get install chromium");
}

/** @throws Fault where the tests of the job queue would be skipped */
export function redis(env: Environment = process.env): string {
  if (answers("redis-server", env)) return "redis-server";
  throw new Fault("Redis is not found", "apt-get install redis-server");
}
