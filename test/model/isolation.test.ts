import assert from "node:assert/strict";
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadModel } from "../../src/model/load.js";
import { SessionHost } from "../../src/model/session.js";
import { crashing, endless, hungry } from "../support/hostile-models.js";
import { savedModel, temporaryFolder, tinyCnn } from "../support/models.js";
import { assertClose, fails, noise } from "../support/tensors.js";

const MIB = 2 ** 20;
const { SIGHTLINE_CACHE } = process.env;
let cache: string;
before(() => {
  // nothing is proven yet
  cache = mkdtempSync(join(temporaryFolder(), "cache-"));
  process.env.SIGHTLINE_CACHE = cache;
});
after(() => {
  if (SIGHTLINE_CACHE === undefined) delete process.env.SIGHTLINE_CACHE;
  else process.env.SIGHTLINE_CACHE = SIGHTLINE_CACHE;
});

const proven = () => readdirSync(cache).flatMap((name) => (name === "proven" ? readdirSync(join(cache, name)) : []));
const input = noise([1, 3, 32, 32]);

describe("a model that never answered before", () => {
  it("cannot take the process with it, and others load afterwards", async () => {
    await assert.rejects(
      loadModel(savedModel(crashing()), { threads: 1 }),
      fails("model-crashed", /the runtime crashed on the model \(SIGFPE.*process of its own/),
    );
    assert.deepEqual(proven(), []);
    await using model = await loadModel(savedModel(tinyCnn()), { threads: 1 });
    assert.equal((await model.run(input)).data.length, 5);
  });

  it("is run in this process once it has answered", async () => {
    const path = savedModel(tinyCnn({ seed: 5 }));
    await using first = await loadModel(path, { threads: 1 });
    assert.ok(proven().some((name) => name.startsWith(first.info.sha256)));
    await using second = await loadModel(path, { threads: 1 });
    assert.deepEqual((await second.run(input)).data, (await first.run(input)).data);
  });

  it("is refused when one pass takes more memory than it may; the limit can be raised", async () => {
    const path = savedModel(hungry(160));
    await assert.rejects(
      loadModel(path, { threads: 1, memoryLimit: 60 * MIB }),
      fails("bad-model", /more than 60 MiB of memory for one pass.*raise memoryLimit/),
    );
    await using model = await loadModel(path, { threads: 1, memoryLimit: 2048 * MIB });
    assert.equal(model.info.classes, 3);
  });

  it("is refused before anything is allocated when the input alone is too large", async () => {
    const path = savedModel(tinyCnn({ size: 60_000 }));
    await assert.rejects(loadModel(path, { threads: 1 }), fails("bad-model", /\[1, 3, 60000, 60000\], takes 40.2 GiB/));
    await assert.rejects(loadModel(path, { threads: 1, isolate: false }), fails("bad-model", /raise memoryLimit/));
  });

  it("can be cancelled, even if it never answers", async () => {
    const signal = AbortSignal.timeout(1500);
    const started = performance.now();
    await assert.rejects(loadModel(savedModel(endless()), { threads: 1, signal }), fails("aborted"));
    assert.ok(performance.now() - started < 15_000);
  });

  it("several are proven side by side", async () => {
    const models = await Promise.all(
      [11, 12, 13].map((seed) => loadModel(savedModel(tinyCnn({ seed })), { threads: 1 })),
    );
    for (const model of models) {
      assert.equal((await model.run(input)).data.length, 5);
      await model.close();
    }
  });
});

describe("isolate", () => {
  it("true: every pass runs in a process of its own, and gives the same", async () => {
    const path = savedModel(tinyCnn());
    await using alone = await loadModel(path, { threads: 1, isolate: true });
    await using here = await loadModel(path, { threads: 1, isolate: false });
    assertClose((await alone.run(input)).data, (await here.run(input)).data, 1e-6);
    const gradient = async (model: typeof here) => (await model.gradient(input, { target: 1 })).gradients.get("");
    assertClose((await gradient(alone))?.data ?? [], (await gradient(here))?.data ?? [], 1e-6);
    const batch = noise([20, 3, 32, 32]);
    assertClose((await alone.run(batch)).data, (await here.run(batch)).data, 1e-6);
  });

  it("a crash in the middle of work rejects what is under way and what comes later", async () => {
    const host = new SessionHost({ isolation: { memoryLimit: 2048 * MIB } });
    const session = await host.open(tinyCnn());
    const crash = crashing();
    const feed = (side: number) => ({
      image: { type: 1, dims: [1, 3, side, side], data: new Float32Array(3 * side * side) },
    });
    assert.equal((await session.run(feed(32), ["scores"])).size, 1);
    const lost = host.open(crash).then((other) => other.run(feed(8), ["scores"]));
    await assert.rejects(lost, fails("model-crashed"));
    await assert.rejects(session.run(feed(32), ["scores"]), fails("model-crashed"));
    await host.close();
  });

  it("is checked", async () => {
    const path = savedModel(tinyCnn());
    await assert.rejects(loadModel(path, { isolate: "yes" as never }), fails("bad-config", /isolate is yes/));
    await assert.rejects(loadModel(path, { memoryLimit: -1 }), fails("bad-config", /memoryLimit is -1/));
  });
});
