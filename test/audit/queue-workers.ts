import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type AuditOptions, audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { auditFiles, folder } from "./pictures.js";
import { end } from "./redis.js";

export const settings = { method: "recipro-cam", shortcuts: false } as const;
export const honest = () => loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1 });

/** Starts a worker; it ends with the test. */
export function worker(t: TestContext, queue: string, stalledAfter = 30, ...places: string[]): ChildProcess {
  const script = fileURLToPath(new URL("./run-worker.js", import.meta.url));
  const child = spawn(process.execPath, [script, queue, String(stalledAfter), ...places], {
    stdio: ["ignore", "pipe", "inherit"],
    // what is below may be named by audits
    cwd: tmpdir(),
  });
  t.after(() => end(child, "SIGKILL"));
  return child;
}

/** Waits until a worker says so. */
export async function says(child: ChildProcess, kind: string): Promise<void> {
  const lines = createInterface({ input: child.stdout as Readable });
  for await (const line of lines) if (JSON.parse(line).kind === kind) return;
  assert.fail(`the worker ended before it was ${kind}`);
}

/** An audit over the queue, and a promise that it has done some pictures. */
export async function begun(source: string, options: Omit<AuditOptions, "onProgress">) {
  const model = await honest();
  let told: (() => void) | undefined;
  const someDone = new Promise<void>((resolve) => {
    told = resolve;
  });
  const seen: number[] = [];
  const onProgress = ({ done }: { done: number }) => {
    seen.push(done);
    told?.();
  };
  const result = audit(model, source, { ...settings, ...options, onProgress }).finally(() => model.close());
  result.catch(() => {});
  return { result, someDone, seen };
}

export async function onOneMachine(source: string): Promise<Map<string, string>> {
  await using model = await honest();
  const out = await folder();
  await audit(model, source, { ...settings, out });
  return auditFiles(out);
}
