import assert from "node:assert/strict";
import { openThread, sharedMemory } from "#platform/threads";
import type { ThreadModule } from "../../../src/platform/threads.js";
import type { EchoRequest } from "../../support/echo-thread.js";
import type { Contract } from "./contract.js";

/** How this module is called by those who serve it. */
export const ECHO = "../test/support/echo-thread";

function open(data?: unknown) {
  const replies: unknown[] = [];
  let heard = () => {};
  let over = (_: Error | undefined) => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    over = resolve;
  });
  const thread = openThread<EchoRequest, unknown>(ECHO as ThreadModule, {
    data,
    onMessage: (reply) => {
      replies.push(reply);
      heard();
    },
    onEnd: (error) => over(error),
  });
  thread.keepAlive(true);
  const reply = () =>
    new Promise<unknown>((resolve) => {
      heard = () => resolve(replies.at(-1));
    });
  return { thread, replies, reply, ended };
}

export const threadsContract: Contract = {
  async "messages go there and back, memory moves"() {
    const { thread, reply } = open({ name: "echo" });
    const values = Float32Array.of(1, 2, 3);
    const answer = reply();
    thread.post({ values }, [values.buffer]);
    assert.equal(values.length, 0);
    assert.deepEqual(await answer, { values: Float32Array.of(1, 2, 3), data: { name: "echo" } });
    await thread.end();
  },

  async "an error in the thread ends it and is handed over"() {
    const { thread, ended } = open();
    thread.post({ fail: "out of luck" });
    assert.match(String(await ended), /out of luck/);
    await thread.end();
  },

  async "a thread that never ran native code is ended at once, whatever it does"() {
    const { thread, replies, ended } = open();
    thread.post({});
    await thread.end();
    assert.equal(await ended, undefined);
    assert.deepEqual(replies, []);
  },

  async "a thread whose module is not there says so"() {
    const ended = new Promise<Error | undefined>((resolve) => {
      openThread("model/none" as ThreadModule, { onMessage() {}, onEnd: resolve }).keepAlive(true);
    });
    assert.ok((await ended) instanceof Error);
  },

  async "memory is shared where the platform has it, and a thread says whether it does"() {
    const { thread, reply } = open();
    const memory = sharedMemory(4);
    assert.equal(thread.sharesMemory, memory !== undefined);
    if (memory) {
      const answer = reply();
      thread.post({ mark: memory });
      await answer;
      assert.equal(new Int32Array(memory)[0], 1);
    }
    await thread.end();
  },
};
