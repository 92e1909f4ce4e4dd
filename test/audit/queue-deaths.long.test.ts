import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { auditFiles, folder, pictureFolder } from "./pictures.js";
import { begun, onOneMachine, says, worker } from "./queue-workers.js";
import { end, freePort, noRedis, redisServer, startRedis } from "./redis.js";

test("three workers, one killed and one paused amid their shards, make what one machine makes, byte for byte", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(400, 21);
  const out = await folder();
  const [killed, paused] = [worker(t, queue, 4), worker(t, queue, 4)];
  await Promise.all([says(killed, "ready"), says(paused, "ready")]);
  const { result, seen } = await begun(pictures, { out, queue });
  await Promise.all([
    says(killed, "begun").then(() => killed.kill("SIGKILL")),
    says(paused, "begun").then(() => paused.kill("SIGSTOP")),
  ]);
  const third = worker(t, queue, 4);
  await result;
  assert.deepEqual(await auditFiles(out), await onOneMachine(pictures));
  assert.equal(Math.max(...seen), 400);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );

  // the paused one wakes up: what it still does changes nothing
  paused.kill("SIGCONT");
  await Promise.all([end(paused, "SIGTERM"), end(third, "SIGTERM")]);
  assert.deepEqual([paused.exitCode, third.exitCode], [0, 0]);
  assert.deepEqual(await auditFiles(out), await onOneMachine(pictures));
});

test("a queue server that dies amid the audit and comes back empty costs time, and no picture", {
  skip: noRedis,
}, async (t) => {
  const port = await freePort();
  const { url: queue, server } = await startRedis(t, port);
  const pictures = await pictureFolder(400, 29);
  const out = await folder();
  const one = worker(t, queue, 4);
  await says(one, "ready");
  const { result, someDone } = await begun(pictures, { out, queue });
  await someDone;
  await end(server, "SIGKILL");
  await wait(1_000);
  await startRedis(t, port);
  await result;
  assert.deepEqual(await auditFiles(out), await onOneMachine(pictures));
  await end(one, "SIGTERM");
  assert.equal(one.exitCode, 0);
});
