import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { audit } from "../../src/audit/index.js";
import { ModelPool } from "../../src/audit/model-pool.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Device } from "../../src/model/device.js";
import type { Model } from "../../src/model/types.js";
import { fails } from "../support/tensors.js";
import { auditFiles, folder, pictureFolder } from "./pictures.js";

const honest = (threads: number) =>
  loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads });

/** A model that counts its copies and those that were closed again. */
function counted(model: Model): { model: Model; opened: Model[]; closed: Model[] } {
  const opened: Model[] = [];
  const closed: Model[] = [];
  const watched = new Proxy(model, {
    get(target, key) {
      if (key === "replica")
        return async (threads: number, device?: Device) => {
          const copy = (await target.replica?.(threads, device)) as Model;
          opened.push(copy);
          return new Proxy(copy, {
            get(inner, name) {
              if (name === "close")
                return () => {
                  closed.push(copy);
                  return inner.close();
                };
              const value = Reflect.get(inner, name, inner);
              return typeof value === "function" ? value.bind(inner) : value;
            },
          });
        };
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { model: watched, opened, closed };
}

test("a model on three cores is audited by three copies of one core, which find the same and are closed", async () => {
  const pictures = await pictureFolder(20, 3);
  const found: Map<string, string>[] = [];
  for (const threads of [1, 3]) {
    await using model = await honest(threads);
    const { model: watched, opened, closed } = counted(model);
    const out = await folder();
    await audit(watched, pictures, { out, method: "recipro-cam", shortcuts: false });
    assert.equal(opened.length, threads === 1 ? 0 : threads);
    assert.deepEqual(
      opened.map(({ info }) => info.threads),
      opened.map(() => 1),
    );
    assert.equal(closed.length, opened.length);
    found.push(await auditFiles(out));
  }
  assert.deepEqual(found[1], found[0]);
});

test("work waits for a free model, in its order, and one that fails makes room", async () => {
  await using model = await honest(2);
  await using pool = await ModelPool.open(model, { concurrency: 2 });
  const begun: number[] = [];
  let [under, most] = [0, 0];
  const models = new Set<Model>();
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, (_, i) =>
      pool.run(async (copy) => {
        begun.push(i);
        models.add(copy);
        most = Math.max(most, ++under);
        await delay(5);
        under--;
        if (i === 1) throw new Error("no");
        return i;
      }),
    ),
  );
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual([most, models.size], [2, 2]);
  assert.deepEqual(
    results.map(({ status }) => status === "fulfilled"),
    [true, false, true, true, true, true, true],
  );
});

test("a model on more cores than copies are made shares them out", async () => {
  await using model = await honest(2);
  const asked: number[] = [];
  const wide = new Proxy(model, {
    get(target, key) {
      if (key === "info") return { ...target.info, threads: 10 };
      if (key !== "replica") return Reflect.get(target, key, target);
      return (threads: number) => {
        asked.push(threads);
        return target.replica?.(threads);
      };
    },
  });
  await using _pool = await ModelPool.open(wide);
  assert.deepEqual(asked, [2, 2, 2, 2]);
});

test("where one copy cannot be made the others are closed and the reason is told", async () => {
  await using model = await honest(3);
  const { model: watched, closed } = counted(model);
  let asked = 0;
  const failing = new Proxy(watched, {
    get(target, key) {
      if (key !== "replica") return Reflect.get(target, key, target);
      return (threads: number) => (++asked === 2 ? Promise.reject(new Error("no room")) : target.replica?.(threads));
    },
  });
  await assert.rejects(ModelPool.open(failing), /no room/);
  assert.deepEqual([asked, closed.length], [3, 2]);
});

test("several devices share the pictures out and find the same; the model's own is no copy, and all copies are closed", async () => {
  const pictures = await pictureFolder(20, 3);
  await using model = await honest(1);
  const examined = async (devices?: readonly Device[]) => {
    const { model: watched, opened, closed } = counted(model);
    const out = await folder();
    await audit(watched, pictures, { out, method: "recipro-cam", shortcuts: false, devices });
    assert.equal(closed.length, opened.length);
    return { files: await auditFiles(out), copies: opened.length };
  };
  const alone = await examined();
  assert.equal(alone.copies, 0);
  // the processor stands in for cards: three models side by side, two of them copies
  assert.deepEqual(await examined(["cpu", "cpu", "cpu"]), { files: alone.files, copies: 2 });
});

test("pictures go to every device, and a copy on another one is asked for by its name", async () => {
  await using model = await honest(1);
  const asked: unknown[] = [];
  const copied = new Proxy(model, {
    get(target, key) {
      if (key !== "replica") return Reflect.get(target, key, target);
      return (threads: number, device: Device) => {
        asked.push(device);
        return target.replica?.(threads);
      };
    },
  });
  await using pool = await ModelPool.open(copied, { devices: ["cuda:0", "cpu", "cuda:1"] });
  assert.deepEqual(asked, ["cuda:0", "cuda:1"]);
  const used = new Set<Model>();
  await Promise.all(Array.from({ length: 6 }, () => pool.run(async (each) => void used.add(each))));
  assert.equal(used.size, 3);
});

test("devices that cannot be had are refused before a picture is read", async () => {
  await using model = await honest(1);
  const begin = async (devices: unknown, more = {}) =>
    audit(model, await pictureFolder(2, 3), { out: await folder(), devices: devices as Device[], ...more });
  await assert.rejects(begin(["cpu", "gpu"]), fails("not-supported", /unknown device 'gpu'/));
  await assert.rejects(begin(["cpu", "coreml"]), fails("not-supported", /'coreml' cannot be used here/));
  await assert.rejects(begin(["cpu", "auto"]), fails("not-supported", /'auto' is one device/));
  for (const devices of [[], "cpu", { 0: "cpu" }])
    await assert.rejects(begin(devices), fails("bad-config", /no list of devices/));
  await assert.rejects(
    begin(["cpu"], { queue: "redis://127.0.0.1:1" }),
    fails("bad-config", /beside a queue.*worker --device/s),
  );
  const single = new Proxy(model, {
    get: (target, key) => (key === "replica" ? undefined : Reflect.get(target, key, target)),
  });
  await assert.rejects(
    ModelPool.open(single, { devices: ["cpu", "cuda:1"] }),
    fails("not-supported", /cannot be copied/),
  );
});
