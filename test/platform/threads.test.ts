import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openThread } from "#platform/threads";
import type { ThreadModule } from "../../src/platform/threads.js";
import type { EchoRequest } from "../support/echo-thread.js";

const ECHO = "../test/support/echo-thread" as ThreadModule;

function open(data?: unknown) {
  const replies: unknown[] = [];
  let heard = () => {};
  let over = (_: Error | undefined) => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    over = resolve;
  });
  const thread = openThread<EchoRequest, unknown>(ECHO, {
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

test("messages go there and back, memory moves", async () => {
  const { thread, reply } = open({ name: "echo" });
  const values = Float32Array.of(1, 2, 3);
  const answer = reply();
  thread.post({ values }, [values.buffer]);
  assert.equal(values.length, 0);
  assert.deepEqual(await answer, { values: Float32Array.of(1, 2, 3), data: { name: "echo" } });
  await thread.end();
});

test("an error in the thread ends it and is handed over", async () => {
  const { thread, ended } = open();
  thread.post({ fail: "out of luck" });
  assert.match(String(await ended), /out of luck/);
  await thread.end();
});

test("a thread that never ran native code is ended at once, whatever it does", async () => {
  const { thread, replies, ended } = open();
  thread.post({});
  await thread.end();
  assert.equal(await ended, undefined);
  assert.deepEqual(replies, []);
});

test("a thread is ended after its native code, and releases what it holds first", async () => {
  const { thread, replies, ended } = open();
  const busy = new SharedArrayBuffer(4);
  const flag = new Int32Array(busy);
  thread.post({ block: 300, busy });
  while (Atomics.load(flag, 0) === 0) await sleep(5);
  await thread.end();
  assert.equal(Atomics.load(flag, 0), 2);
  assert.equal(await ended, undefined);
  assert.deepEqual(replies, ["released"]);
});
