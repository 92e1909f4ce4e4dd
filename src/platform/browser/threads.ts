import type { OpenThread, ThreadModule } from "../threads.js";
import { siteUrl } from "./site.js";
import type { ThreadStart } from "./thread-start.js";

/** Workers that wait for somebody to open a thread of their module. */
const waiting = new Map<ThreadModule, Worker>();

/** Starts a worker before it is needed: the next thread of the module is this one. */
export function prepareThread(module: ThreadModule): void {
  if (waiting.has(module)) return;
  const worker = started(module, true);
  // whoever needs it starts another one, and hears what is wrong
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    if (waiting.get(module) === worker) waiting.delete(module);
  };
  waiting.set(module, worker);
}

function started(module: ThreadModule, ahead: boolean): Worker {
  const worker = new Worker(siteUrl("thread.js"), { type: "module", name: module });
  worker.postMessage({ site: siteUrl("").href, module, ahead } satisfies ThreadStart);
  return worker;
}

/** A web worker; WebAssembly can be ended in the middle of a pass, so nothing is waited for. */
export const openThread: OpenThread = (module, { data, onMessage, onEnd }) => {
  const worker = waiting.get(module) ?? started(module, false);
  waiting.delete(module);
  let over = false;
  const end = (error?: Error) => {
    if (over) return;
    over = true;
    worker.terminate();
    onEnd?.(error);
  };
  worker.onmessage = ({ data: message }) => onMessage(message);
  worker.onerror = (event) => {
    // the error is handed over; left to itself it would go on to the page
    event.preventDefault();
    end(new Error(event.message || "the worker could not be loaded"));
  };
  worker.onmessageerror = () => end(new Error("a message could not be read"));
  worker.postMessage(data);
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    sharesMemory: crossOriginIsolated,
    keepAlive() {},
    async end() {
      end();
    },
  };
};

/** Whether a module can run in a process of its own. A web worker runs WebAssembly, which cannot end the page. */
export const hasProcesses = false;

/** How many threads the runtime may use: one where no memory can be shared. Browsers may say fewer cores than there are. */
export const availableCores = (): number => (globalThis.crossOriginIsolated ? navigator.hardwareConcurrency || 1 : 1);

/** Memory that threads see alike; only pages that their server isolates may have it. */
export const sharedMemory = (bytes: number): SharedArrayBuffer | undefined =>
  globalThis.crossOriginIsolated ? new SharedArrayBuffer(bytes) : undefined;

/** Milliseconds without work after which a thread that can be opened again ends: a page's memory is shared by all its kernels. */
export const RESTS_AFTER: number | undefined = 30_000;
