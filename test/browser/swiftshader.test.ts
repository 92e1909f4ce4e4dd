import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { useSwiftShader } from "../support/swiftshader.js";
import { fails } from "../support/tensors.js";

useSwiftShader();
const NETWORK = fixture("gradients/resnet.legacy.onnx");

test("a graphics card in software runs passes, masked batches and gradients as the processor does", async () => {
  await using model = await loadModel(NETWORK, { device: "webgpu" });
  assert.equal(model.info.device, "webgpu");
  assert.match(
    model.info.notes.join("\n"),
    /^runs on webgpu, checked against the processor: values differ by at most \de-\d of the largest, gradients' cosine is (1\.0|0\.9999)/m,
  );
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
