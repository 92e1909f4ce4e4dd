import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openThread } from "#platform/threads";
import type { ThreadModule } from "../../src/platform/threads.js";
import type { EchoRequest } from "../support/echo-thread.js";
import { ECHO } from "./contract/threads.js";

test("a thread is ended after its native code, and releases what it holds first", async () => {
  const replies: unknown[] = [];
  let end = (_: Error | undefined) => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  const thread = openThread<EchoRequest, unknown>(ECHO as ThreadModule, {
    onMessage: (reply) => replies.push(reply),
    onEnd: (error) => end(error),
  });
  thread.keepAlive(true);
  const busy = new SharedArrayBuffer(4);
  const flag = new Int32Array(busy);
  thread.post({ block: 300, busy });
  while (Atomics.load(flag, 0) === 0) await sleep(5);
  await thread.end();
  assert.equal(Atomics.load(flag, 0), 2);
  assert.equal(await ended, undefined);
  assert.deepEqual(replies, ["released"]);
});
