import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Classifier } from "../../src/model/classifier.js";
import { MODEL_INPUT } from "../../src/model/input-gradient.js";
import type { Model } from "../../src/model/types.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { useSwiftShader } from "../support/swiftshader.js";
import { assertClose, fails } from "../support/tensors.js";

useSwiftShader();
const NETWORK = savedModel(tinyVit());

test("a graphics card in software runs passes, masked batches and gradients as the processor does", async () => {
  await using model = await loadModel(NETWORK, { device: "webgpu" });
  assert.equal(model.info.device, "webgpu");
  assert.match(
    model.info.notes.join("\n"),
    /^runs on webgpu, checked against the processor: values differ by at most \de-\d of the largest, gradients' cosine is (1\.0|0\.9999)/m,
  );
  await using own = await loadModel(NETWORK, { threads: 1 });
  const input = model.fill([200, 90, 20]);
  const [there, here] = [await model.gradient(input, { target: 1 }), await own.gradient(input, { target: 1 })];
  assertClose(there.scores.data, here.scores.data, 1e-4);
  const [a, b] = [there, here].map(({ gradients }) => gradients.get(MODEL_INPUT)?.data as Float32Array);
  assert.ok(pearson(a, b) > 0.9999);
});

test("auto passes a card by that is slower than the processor, and says so", async () => {
  await using model = await loadModel(NETWORK, { device: "auto", threads: 1 });
  assert.equal(model.info.device, "cpu");
  assert.match(
    model.info.notes.join("\n"),
    /^auto took 'cpu'; .*'webgpu' is slower than the processor here \(0\.\d+ times/m,
  );
  assert.equal((await model.run(model.fill([9, 9, 9]))).dims[0], 1);
});

test("a cancelled load leaves nothing behind on the card", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(loadModel(NETWORK, { device: "webgpu", signal }), fails("aborted", /cancelled/));
});

test("gradients go in passes of several pictures there, and make the processor's map", async () => {
  await using model = await loadModel(NETWORK, { device: "webgpu" });
  await using own = await loadModel(NETWORK, { threads: 1 });
  const input = model.fill([200, 90, 20]);
  const sizes = new Set<number>();
  const { host } = (model as Classifier).network;
  const { run } = host;
  host.run = (pass, give) => {
    for (const feed of Object.values(pass.feeds)) if (!("held" in feed)) sizes.add(feed.dims[0]);
    return run.call(host, pass, give);
  };
  const map = async (on: Model) =>
    (await explain(on, input, { method: "integrated-gradients", targets: 1, steps: 24 })).map(1).data;
  const [there, here] = [await map(model), await map(own)];
  assert.ok(sizes.has(8), [...sizes].join());
  const largest = here.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assertClose(there, here, 1e-3 * largest);
});

test("convolutions of 6 channels, which the card's backend adds up wrong, give the processor's gradients", async () => {
  const path = savedModel(tinyCnn());
  await using model = await loadModel(path, { device: "webgpu" });
  assert.match(model.info.notes.join("\n"), /gradients' cosine is (1\.0|0\.9999)/);
});
