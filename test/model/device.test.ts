import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadModel } from "../../src/load-model.js";
import { namedDevice } from "../../src/model/device.js";
import { runError } from "../../src/model/runtime-errors.js";
import { partsOf } from "../../src/platform/devices.js";
import { explainFailure } from "../../src/platform/node/devices.js";
import { savedModel, tinyCnn } from "../support/models.js";
import { fails } from "../support/tensors.js";

const here = `${process.platform} ${process.arch}`;
const linux = { skip: here !== "linux x64" && `what a machine lacks is said for each; this is ${here}` };

describe("the device of a model", () => {
  it("is named by its kind, some with a number", () => {
    assert.equal(namedDevice("CUDA:1"), "cuda:1");
    assert.equal(namedDevice("auto"), "auto");
    assert.deepEqual(partsOf("cuda:12"), { kind: "cuda", index: 12 });
    assert.deepEqual(partsOf("webgpu"), { kind: "webgpu", index: undefined });
    for (const wrong of [
      "gpu",
      "cuda:",
      "cuda:-1",
      "cuda:01",
      "cuda:1.5",
      "cpu:0",
      "webgpu:1",
      "",
      null,
      {},
      "__proto__",
    ]) {
      assert.throws(() => namedDevice(wrong), fails("not-supported", /unknown device .*'cuda:1'/));
    }
  });

  it("is refused with what is missing and the command that brings it", linux, async (t) => {
    const { SIGHTLINE_CACHE: before } = process.env;
    process.env.SIGHTLINE_CACHE = mkdtempSync(join(tmpdir(), "sightline-no-devices-"));
    t.after(() => {
      if (before === undefined) delete process.env.SIGHTLINE_CACHE;
      else process.env.SIGHTLINE_CACHE = before;
    });
    const file = savedModel(tinyCnn());
    for (const [device, words] of [
      ["cuda", /'cuda' cannot be used here: its libraries are not installed: run `npx sightline device install cuda`/],
      ["cuda:1", /'cuda:1' cannot be used here/],
      ["tensorrt", /'tensorrt' cannot be used here: its libraries are not installed/],
      ["coreml", /onnxruntime for linux on x64 does not come with CoreML, a part of macOS: use device: .*'auto'/],
      ["dml", /does not come with DirectML, a part of Windows/],
    ] as const) {
      await assert.rejects(loadModel(file, { device }), fails("not-supported", words));
    }
  });

  it("is refused where it is missing for detectors, too", linux, async () => {
    await assert.rejects(
      loadModel(savedModel(tinyCnn()), { task: "detection", device: "coreml" }),
      fails("not-supported", /CoreML/),
    );
  });

  it("that has no adapter is told from one that fails", () => {
    const words = "webgpu_context.cc:136 Failed to get a WebGPU adapter: No supported adapters";
    const missing = explainFailure("webgpu", words);
    assert.match(String(missing?.why), /^(the Vulkan loader|no graphics card|WebGPU finds no)/);
    assert.match(String(missing?.next), /driver/);
    assert.equal(explainFailure("webgpu", "out of memory"), undefined);
  });

  it("that is lost in the middle of a pass is told from a model that fails", () => {
    for (const words of [
      "WebGPU device lost (2): Device was destroyed.",
      "Failed to read back: [Device] is lost.",
      "887A0005: DXGI_ERROR_DEVICE_REMOVED",
      "CUDA failure 719: unspecified launch failure",
    ]) {
      const error = runError(words);
      assert.equal(error.code, "device-lost");
      assert.match(error.message, /load the model again/);
    }
    assert.equal(runError("Non-zero status code returned while running Add node").code, "run-failed");
    assert.equal(runError("the label 'device lost property' has no score").code, "run-failed");
  });
});
