import type { Serve, ThreadPort } from "../threads.js";
import { useSite } from "./site.js";
import type { ThreadStart } from "./thread-start.js";

type ServedModule = { readonly serve: Serve<never, never, never> };

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** Connects the module that the first message names to the worker's port. */
export function serveThread(modules: Readonly<Record<string, () => Promise<ServedModule>>>): void {
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
  const start = async ({ site, module, data }: ThreadStart) => {
    useSite(site);
    const { serve } = await modules[module]();
    await (serve as Serve<unknown, unknown, unknown>)(port, data);
  };
  scope.onmessage = ({ data: first }) => {
    scope.onmessage = ({ data }) => {
      if (listener) listener(data);
      else early.push(data);
    };
    start(first as ThreadStart).catch((error: unknown) => {
      // an error event at the other end, as a worker that fails to load gives
      setTimeout(() => {
        throw error;
      });
    });
  };
}
