import type { ThreadPort } from "../../src/platform/threads.js";

export interface EchoRequest {
  readonly values?: Float32Array<ArrayBuffer>;
  /** Throws instead of answering. */
  readonly fail?: string;
  /** Blocks as native code does, for so many milliseconds; `busy` is set to 1 while it does. */
  readonly block?: number;
  readonly busy?: SharedArrayBuffer;
  /** Shared memory whose first integer is set to 1. */
  readonly mark?: SharedArrayBuffer;
}

/** Answers with what it was sent and with its data. */
export function serve(port: ThreadPort<EchoRequest, unknown>, data: unknown): void {
  port.onMessage(({ values, fail, block, busy, mark }) => {
    if (fail) throw new Error(fail);
    if (mark) Atomics.store(new Int32Array(mark), 0, 1);
    if (block && busy) {
      const flag = new Int32Array(busy);
      port.native(async () => {
        Atomics.store(flag, 0, 1);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, block);
        Atomics.store(flag, 0, 2);
      });
      return;
    }
    port.post({ values, data }, values ? [values.buffer] : []);
  });
  port.onEnd(async () => port.post("released"));
}
