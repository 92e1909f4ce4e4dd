import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { audit } from "../../src/audit/index.js";
import { connectionTo, connectQueue } from "../../src/audit/servers/queue/connect.js";
import { findItems } from "../../src/audit/sources/find-items.js";
import { classroom } from "../../src/classroom/index.js";
import { auditProcess } from "./kill.js";
import { auditFiles, folder, pictureFolder } from "./pictures.js";
import { begun, honest, onOneMachine, says, settings, worker } from "./queue-workers.js";
import { end, freePort, noRedis, redisServer, startRedis } from "./redis.js";
import { s3Server } from "./s3-server.js";

test("a worker whose queue server is gone ends when it is asked to", { skip: noRedis }, async (t) => {
  const { url, server } = await startRedis(t, await freePort());
  const one = worker(t, url);
  await says(one, "ready");
  await end(server, "SIGKILL");
  await says(one, "problem");
  await end(one, "SIGTERM");
  assert.equal(one.exitCode, 0);
});

test("shards that go through a store end up in the folder, and nothing is left behind on the way", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const { objects, fail } = await s3Server(t);
  const pictures = await pictureFolder(150, 22);
  const expected = await onOneMachine(pictures);
  const out = await folder();
  const shards = "s3://bucket/audits/";
  // the first write fails however often the client asks again, and so does its shard, which is then taken up again
  fail(4);
  const { result } = await begun(pictures, { out, queue, shards });
  while (!existsSync(join(out, "audit.json"))) await wait(20);
  // from here on the pictures lie elsewhere than the audit says
  const elsewhere = join(await folder(), "pictures");
  await rename(pictures, elsewhere);
  worker(t, queue, 30, shards, elsewhere);
  await result;
  assert.deepEqual(await auditFiles(out), expected);
  assert.deepEqual([...objects.keys()], []);
});

test("an audit that is cancelled leaves what is done, and resumes over the queue or without", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(300, 23);
  const out = await folder();
  const controller = new AbortController();
  const { result, someDone } = await begun(pictures, { out, queue, signal: controller.signal });
  const one = worker(t, queue);
  await someDone;
  controller.abort();
  await assert.rejects(result, { code: "aborted" });
  await end(one, "SIGTERM");
  worker(t, queue);
  await (await begun(pictures, { out, queue })).result;
  assert.deepEqual(await auditFiles(out), await onOneMachine(pictures));
});

test("an audit killed amid its queue resumes where it and its workers were, byte for byte", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(400, 29);
  const out = await folder();
  const first = auditProcess(pictures, out, queue);
  t.after(() => end(first, "SIGKILL"));
  worker(t, queue);
  const stored = async () => (await readdir(join(out, "rows")).catch(() => [])).filter((name) => !name.startsWith("."));
  while ((await stored()).length < 2) await wait(5);
  await end(first, "SIGKILL");
  assert.ok(!existsSync(join(out, "results.parquet")));
  await (await begun(pictures, { out, queue })).result;
  assert.deepEqual(await auditFiles(out), await onOneMachine(pictures));
});

test("a worker that cannot store what it finds is an error of the audit, after some tries", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(4, 24);
  worker(t, queue, 30, "/dev/null/nowhere");
  const { result } = await begun(pictures, { out: await folder(), queue, shards: await folder() });
  await assert.rejects(result, { code: "audit-failed", message: /could not be written/ });
});

test("the queue holds no more shards than a few for each worker; cancelled, it holds none", {
  skip: noRedis,
}, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(1, 27);
  const list = join(pictures, "list.csv");
  await writeFile(list, ["path", ...Array.from({ length: 64 * 40 }, (_, i) => `${i}.png`)].join("\n"));
  const controller = new AbortController();
  const { result } = await begun(list, { out: await folder(), queue, signal: controller.signal });
  const redis = new Redis(queue);
  t.after(() => redis.disconnect());
  const waiting = async () => {
    const keys = await redis.keys("bull:*:wait");
    return keys.length > 0 ? redis.llen(keys[0]) : 0;
  };
  while ((await waiting()) < 16) await Promise.race([wait(20), result]);
  await wait(500);
  assert.equal(await waiting(), 16);
  controller.abort();
  await assert.rejects(result, { code: "aborted" });
  assert.equal(await waiting(), 0);
});

test("a worker does not leave the folder that it was given", { skip: noRedis }, async (t) => {
  const queue = await redisServer(t);
  const pictures = await pictureFolder(2, 28);
  const list = join(await folder(), "list.csv");
  await writeFile(list, `path\n${relative(dirname(list), join(pictures, "star/0000.png"))}\n`);
  const shards = await folder();
  worker(t, queue, 30, shards, await folder());
  const { result } = await begun(list, { out: await folder(), queue, shards });
  await assert.rejects(result, { code: "audit-failed", message: /is not in .*, where this worker looks/ });
});

test("a worker reads and writes where it was started to, whatever a message of the queue says", {
  skip: noRedis,
}, async (t) => {
  const address = await redisServer(t);
  worker(t, address);
  await using model = await honest();
  const { bullmq, name } = await connectQueue(address, model);
  const queue = new bullmq.Queue(name, { connection: connectionTo(address) });
  const events = new bullmq.QueueEvents(name, { connection: connectionTo(address) });
  await events.waitUntilReady();
  const [picture] = (await findItems(await pictureFolder(1, 3), classroom.labels)).items;
  const settings = {
    ...{ method: "recipro-cam", preset: "balance", seed: 0, options: {}, stability: false },
    thresholds: { high: 0.9, mixed: 0.2, plausible: 0.5 },
  };
  const format = { format: "sightline-shard", formatVersion: 1, index: 0, settings };
  const good = { ...format, place: await folder(), folder: "", items: [picture] };
  const elsewhere = join(homedir(), "sightline-should-not-be");
  const refused: readonly (readonly [job: unknown, reason: RegExp])[] = [
    [{ ...good, items: [{ path: "zero.png", file: "/dev/zero" }] }, /'\/dev\/zero' is not in .*--pictures/],
    [{ ...good, items: [{ ...picture, mask: "/dev/zero" }] }, /'\/dev\/zero' is not in/],
    [{ ...good, place: elsewhere }, /sightline-should-not-be' is not in .*--shards/],
    [{ ...good, place: "s3://somebody/else" }, /stores nothing in 's3:/],
    [{ ...good, items: Array.from({ length: 1000 }, () => picture) }, /not a shard that this worker's version knows/],
    ["nonsense", /not a shard/],
    [null, /not a shard/],
  ];
  try {
    for (const [data, reason] of refused) {
      // a job that is refused is not tried again
      const job = await queue.add("shard", data, { attempts: 4 });
      await assert.rejects(job.waitUntilFinished(events, 30_000), { message: reason });
      assert.equal((await queue.getJob(String(job.id)))?.attemptsMade, 1);
    }
    assert.equal(existsSync(elsewhere), false);
    assert.equal(await (await queue.add("shard", good)).waitUntilFinished(events, 60_000), 0, "and it still works");
  } finally {
    await Promise.all([queue.close(), events.close()]);
  }
});

test("a worker that stores where the audit does not look is found out", { skip: noRedis }, async (t) => {
  const queue = await redisServer(t);
  worker(t, queue, 30, await folder());
  const { result } = await begun(await pictureFolder(4, 26), { out: await folder(), queue, shards: await folder() });
  await assert.rejects(result, { code: "audit-failed", message: /maps\/000000\.npy is not in .*same --shards/ });
});

test("an address that is none, or where nobody answers, is said at once", async () => {
  await using model = await honest();
  const pictures = await pictureFolder(2, 25);
  const run = async (queue: string) => audit(model, pictures, { ...settings, out: await folder(), queue });
  await assert.rejects(run("localhost"), { code: "bad-config", message: /redis:\/\/host:port/ });
  await assert.rejects(run("redis://:secret@127.0.0.1:1"), (error: Error & { code: string }) => {
    assert.equal(error.code, "queue-failed");
    assert.match(error.message, /no Redis server answers at 127\.0\.0\.1:1/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});
