import type { Serve, ThreadPort } from "../threads.js";
import { useSite } from "./site.js";
import type { ThreadStart } from "./thread-start.js";

export interface ServedModule {
  load(): Promise<{ readonly serve: Serve<never, never, never> }>;
  /** Loads what the module is going to need besides itself. */
  prepare?(): Promise<void>;
}

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** Connects the module that the first message names to the worker's port. */
export function serveThread(modules: Readonly<Record<string, ServedModule>>): void {
  const scope = globalThis as unknown as WorkerScope;
  const early: unknown[] = [];
  let listener: ((message: unknown) => void) | undefined;
  const port: ThreadPort<unknown, unknown> = {
    onMessage(listen) {
      listener = listen;
      for (const message of early.splice(0)) listen(message);
    },
    post: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    native: (work) => work(),
    onEnd() {},
  };
  const later = ({ data }: { data: unknown }) => {
    if (listener) listener(data);
    else early.push(data);
  };
  const start = async ({ site, module, ahead }: ThreadStart) => {
    const data = new Promise<unknown>((resolve) => {
      scope.onmessage = (event) => {
        scope.onmessage = later;
        resolve(event.data);
      };
    });
    useSite(site);
    const served = modules[module];
    const [{ serve }] = await Promise.all([served.load(), ahead ? served.prepare?.() : undefined]);
    await (serve as Serve<unknown, unknown, unknown>)(port, await data);
  };
  scope.onmessage = ({ data: first }) => {
    start(first as ThreadStart).catch((error: unknown) => {
      // an error event at the other end, as a worker that fails to load gives
      setTimeout(() => {
        throw error;
      });
    });
  };
}
