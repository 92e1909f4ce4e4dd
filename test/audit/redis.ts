import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { TestContext } from "node:test";
import { folder } from "./pictures.js";

/** Why tests of the queue cannot run; false where they can. */
export const noRedis =
  spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0 ? false : "no redis-server";

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** A Redis server of the test's own, ready and empty; it ends with the test. */
export async function redisServer(t: TestContext): Promise<string> {
  return (await startRedis(t, await freePort())).url;
}

/** The same at a port that is known. */
export async function startRedis(t: TestContext, port: number): Promise<{ url: string; server: ChildProcess }> {
  const password = "a secret";
  const settings = ["--bind", "127.0.0.1", "--port", String(port), "--requirepass", password];
  const server = spawn("redis-server", [...settings, "--save", "", "--appendonly", "no", "--dir", await folder()]);
  t.after(() => end(server, "SIGTERM"));
  const ready = new Promise<void>((done, fail) => {
    let said = "";
    server.stdout.on("data", (data) => {
      said += data;
      if (said.includes("Ready to accept connections")) done();
    });
    server.once("error", fail);
    server.once("exit", () => fail(new Error(said)));
  });
  await ready;
  return { url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`, server };
}

/** Ends a process, whatever state it is in, and waits until it has ended. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
}
