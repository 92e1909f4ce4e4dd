/** The module that an isolated process begins with: it connects the process's own module to its port. */
import { Worker } from "node:worker_threads";
import type { Serve, ThreadPort } from "../threads.js";
import type { Envelope, ProcessStart } from "./thread-state.js";

/** Bytes that the process may have while it answers a message; its watch reads them from a thread of its own. */
const allowed = new Float64Array(new SharedArrayBuffer(8));
allowed[0] = Number.POSITIVE_INFINITY;

process.once("message", async ({ module, data, memoryLimit }: ProcessStart) => {
  const watch = new Worker(new URL("./memory-watch.js", import.meta.url), { workerData: allowed.buffer, execArgv: [] });
  watch.unref();
  const waiting: Envelope[] = [];
  let receive = (envelope: Envelope) => void waiting.push(envelope);
  process.on("message", (envelope: Envelope) => receive(envelope));
  const port: ThreadPort<unknown, unknown> = {
    onMessage(listener) {
      receive = (envelope) => {
        if (!("message" in envelope)) return;
        allowed[0] = process.memoryUsage.rss() + memoryLimit;
        listener(envelope.message);
      };
      waiting.splice(0).forEach(receive);
    },
    post: (message) => void process.send?.(message),
    native: (work) => work(),
    onEnd() {},
  };
  const { serve } = (await import(new URL(`../../${module}.js`, import.meta.url).href)) as {
    serve: Serve<unknown, unknown, unknown>;
  };
  serve(port, data);
});
process.on("disconnect", () => process.exit(0));
