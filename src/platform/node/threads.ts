import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { OpenThread } from "../threads.js";
import { openProcess } from "./processes.js";
import { type Envelope, STATE, type ThreadStart } from "./thread-state.js";

const LONGEST_WAIT_MS = 30_000;

/** States of the threads that are alive. */
const alive = new Set<Int32Array>();

/** At exit every thread must leave native code before it ends, or the process aborts. */
function leaveNativeCode(): void {
  for (const state of alive) Atomics.store(state, STATE.stop, 1);
  const until = Date.now() + LONGEST_WAIT_MS;
  for (const state of alive) {
    while (Atomics.load(state, STATE.busy) === 1 && Date.now() < until) Atomics.wait(state, STATE.busy, 1, 200);
  }
}

export const openThread: OpenThread = (module, options) =>
  options.isolation ? openProcess(module, options, options.isolation) : openWorker(module, options);

const openWorker: OpenThread = (module, { data, onMessage, onEnd }) => {
  const memory = new SharedArrayBuffer(4 * STATE.slots);
  const state = new Int32Array(memory);
  const workerData: ThreadStart = { module, data, state: memory };
  const worker = new Worker(new URL("./thread-main.js", import.meta.url), { workerData, execArgv: [] });
  worker.unref();
  if (alive.size === 0) process.on("exit", leaveNativeCode);
  alive.add(state);

  let failure: Error | undefined;
  let ending = false;
  const send = (envelope: Envelope, transfer: readonly ArrayBuffer[] = []) => worker.postMessage(envelope, transfer);
  const end = () => {
    if (!ending) {
      ending = true;
      Atomics.store(state, STATE.stop, 1);
      worker.ref();
      if (Atomics.load(state, STATE.native)) send({ end: true });
      else worker.terminate();
    }
    return gone;
  };
  worker.on("message", onMessage);
  worker.on("error", (error: Error) => {
    failure ??= error;
  });
  worker.on("messageerror", (error) => {
    failure ??= error;
    end();
  });
  const gone = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      alive.delete(state);
      if (alive.size === 0) process.off("exit", leaveNativeCode);
      onEnd?.(failure ?? (ending ? undefined : new Error(`the thread ended with code ${code}`)));
      resolve();
    });
  });
  return {
    sharesMemory: true,
    post: (message, transfer) => send({ message }, transfer),
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    end,
  };
};

/** Whether a module can run in a process of its own. */
export const hasProcesses = true;

/** How many cores this process may use. */
export const availableCores = availableParallelism;

/** Memory that threads see alike. */
export const sharedMemory = (bytes: number): SharedArrayBuffer | undefined => new SharedArrayBuffer(bytes);

/** Milliseconds without work after which a thread that can be opened again ends: never. */
export const RESTS_AFTER: number | undefined = undefined;
