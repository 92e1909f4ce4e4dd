import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { audit } from "../../src/audit/index.js";
import { ModelPool } from "../../src/audit/model-pool.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
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
        return async (threads: number) => {
          const copy = (await target.replica?.(threads)) as Model;
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
  await using pool = await ModelPool.open(model, 2);
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
