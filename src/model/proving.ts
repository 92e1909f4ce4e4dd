import { files } from "#platform/files";
import { sha256 } from "#platform/hash";
import { hasProcesses } from "#platform/threads";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { SessionHost } from "./session.js";
import type { ResolvedModel } from "./source.js";
import type { Control } from "./types.js";

/** Where a model runs, and what it may take there. */
export interface IsolationOptions {
  /**
   * Runs the model in a process of its own, so that a file which crashes the runtime cannot take this process with it.
   * When left out, models run there until they have answered once; false: never.
   */
  isolate?: boolean;
  /** Bytes by which a model in a process of its own may make it grow in one pass; default 2 GiB and six times the weights. */
  memoryLimit?: number;
}

const LEAST_MEMORY = 2 * 2 ** 30;
/** Weights lie in the process as they were sent, as a whole model, and as the runtime keeps and packs them. */
const COPIES_OF_WEIGHTS = 6;

/** @throws SightlineError `bad-config` */
export function checkIsolation({ isolate, memoryLimit }: IsolationOptions): void {
  if (isolate !== undefined && typeof isolate !== "boolean") {
    throw new SightlineError("bad-config", `isolate is ${isolate}`, { received: isolate, expected: "true or false" });
  }
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw new SightlineError("bad-config", `memoryLimit is ${memoryLimit}`, {
      received: memoryLimit,
      expected: "a number of bytes",
    });
  }
}

/** Bytes that one pass of a model may take. */
export function memoryLimitOf({ graph }: Pick<ResolvedModel, "graph">, { memoryLimit }: IsolationOptions): number {
  return memoryLimit ?? LEAST_MEMORY + COPIES_OF_WEIGHTS * graph.weightBytes();
}

/** Whether a model has answered once before on this runtime, or comes from us. */
export async function isProven({ sha256, trusted }: ResolvedModel): Promise<boolean> {
  return !hasProcesses || trusted === true || files.existsSync(await proofOf(sha256));
}

/** Remembers that a model has answered, as far as the cache can be written. */
export async function rememberProof({ sha256 }: ResolvedModel): Promise<void> {
  try {
    const proof = await proofOf(sha256);
    await files.makeFolder(files.dirname(proof));
    await (await files.writer(proof)).close();
  } catch {
    // the next load proves it again
  }
}

async function proofOf(model: string): Promise<string> {
  const { engineVersions } = await import("#platform/versions");
  const runtime = sha256(JSON.stringify(engineVersions())).slice(0, 8);
  return files.join(files.cacheFolder(), "proven", `${model}-${runtime}`);
}

/** The process that waits for the next model to prove, and when it ends if none comes. */
let idle: { readonly host: SessionHost; readonly timer: ReturnType<typeof setTimeout> } | undefined;
const IDLE_MS = 10_000;

/**
 * Works with a process that is lent for proving one model. An abort ends the process, whatever it does.
 * @throws SightlineError `model-crashed`, `bad-model` for a model that takes too much memory, `aborted`
 */
export async function inProcess<T>(
  memoryLimit: number,
  { signal }: Control,
  work: (host: SessionHost) => Promise<T>,
): Promise<T> {
  const host = takeIdle(memoryLimit) ?? new SessionHost({ isolation: { memoryLimit } });
  const stop = () => void host.close();
  signal?.addEventListener("abort", stop);
  try {
    return await work(host);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    await keepIdle(host);
  }
}

function takeIdle(memoryLimit: number): SessionHost | undefined {
  if (!idle || idle.host.isolation?.memoryLimit !== memoryLimit) return undefined;
  const { host, timer } = idle;
  clearTimeout(timer);
  idle = undefined;
  return host;
}

async function keepIdle(host: SessionHost): Promise<void> {
  const kept =
    !idle &&
    host.isAlive &&
    (await host
      .reset()
      .then(() => true)
      .catch(() => false));
  if (!kept || idle) return host.close();
  const timer = setTimeout(() => {
    idle = undefined;
    host.close();
  }, IDLE_MS);
  (timer as { unref?(): void }).unref?.();
  idle = { host, timer };
}
