/** The module that a thread begins with: it connects the thread's own module to its port. */
import { parentPort, workerData } from "node:worker_threads";
import type { Serve, ThreadPort } from "../threads.js";
import { type Envelope, STATE, type ThreadStart } from "./thread-state.js";

const line = parentPort as NonNullable<typeof parentPort>;
const { module, data, state: memory } = workerData as ThreadStart;
const state = new Int32Array(memory);
let release = async () => {};
let inNativeCode = 0;

const port: ThreadPort<unknown, unknown> = {
  onMessage(listener) {
    line.on("message", (envelope: Envelope) => {
      if ("end" in envelope) end();
      else listener(envelope.message);
    });
  },
  post: (message, transfer = []) => line.postMessage(message, [...transfer]),
  async native(work) {
    Atomics.store(state, STATE.native, 1);
    enter();
    try {
      if (Atomics.load(state, STATE.stop)) throw new Error("the thread is about to end");
      return await work();
    } finally {
      leave();
    }
  },
  onEnd(last) {
    release = last;
  },
};

function enter(): void {
  inNativeCode += 1;
  Atomics.store(state, STATE.busy, 1);
}

function leave(): void {
  inNativeCode -= 1;
  if (inNativeCode > 0) return;
  Atomics.store(state, STATE.busy, 0);
  Atomics.notify(state, STATE.busy);
}

async function end(): Promise<void> {
  enter();
  await release().catch(() => {});
  leave();
  line.close();
}

const { serve } = (await import(new URL(`../../${module}.js`, import.meta.url).href)) as {
  serve: Serve<unknown, unknown, unknown>;
};
serve(port, data);
