import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { floats } from "../../src/onnx/constant.js";
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from "../../src/onnx/proto/onnx-ml_pb.js";
import { colourModel, PURE, RED } from "../support/colour-model.js";
import { savedModel, temporaryFolder } from "../support/models.js";
import { assertClose, fails } from "../support/tensors.js";

const path = savedModel(colourModel());
const load = (source: unknown, options?: unknown) => loadModel(source as string, options as object);

describe("what no program of ours would pass is refused in words", () => {
  const sources: [unknown, string, RegExp][] = [
    [null, "bad-config", /the model's source is null: expected a catalog name/],
    [undefined, "bad-config", /source is undefined/],
    ["", "bad-config", /source is empty/],
    [["a.onnx"], "bad-config", /source is a list/],
    [new Uint8Array(3), "bad-config", /write the bytes to a file first/],
    ["data:application/octet-stream;base64,AAAA", "download-failed", /data: addresses are not read/],
    ["s3://bucket/m.onnx", "download-failed", /s3: addresses are not read/],
    ["~/m.onnx", "file-not-found", /only a shell replaces ~/],
    ["http://[", "file-not-found", /no valid address/],
  ];
  for (const [source, code, message] of sources)
    it(`a model from ${String(source) || "''"}`, () => assert.rejects(load(source), fails(code, message)));

  const options: [unknown, string, RegExp][] = [
    [null, "bad-config", /options of loadModel are null/],
    ["labels.txt", "bad-config", /options of loadModel are string/],
    [{ labels: null }, "bad-labels", /not a list of strings/],
    [{ preprocess: null }, "bad-config", /preprocess is null/],
    [{ preprocess: 3 }, "bad-config", /preprocess is of type number/],
    [{ device: 3 }, "not-supported", /unknown device '3'/],
    [{ activation: "soft" }, "bad-config", /cannot use activation 'soft': expected none, softmax, sigmoid/],
    [{ probabilities: null }, "bad-config", /probabilities is 'null'/],
    [{ sha256: 3 }, "bad-config", /sha256 is '3': expected 64 hexadecimal digits/],
    [{ postprocess: "yolov8" }, "bad-config", /set task: 'detection'/],
    [{ task: undefined }, "bad-config", /unknown task 'undefined'/],
    [{ task: "depth" }, "bad-config", /unknown task 'depth'/],
    [{ task: "segmentation" }, "not-supported", /no output holds scores of classes in rows and columns: out \[1, 3\]/],
    [{ task: "detection", preprocess: false }, "bad-config", /preprocess is of type boolean/],
  ];
  for (const [given, code, message] of options)
    it(`options ${JSON.stringify(given)}`, () => assert.rejects(load(path, given), fails(code, message)));

  it("calls of a model", async () => {
    await using model = await loadModel(path, { threads: 1 });
    assert.equal((await model.predict(RED, null as never)).length, 3);
    for (const top of [Number.NaN, -1, 1.5, "3"])
      await assert.rejects(model.predict(RED, { top } as never), fails("bad-config", /top is/));
    for (const target of [null, {}, true])
      assert.throws(() => model.classIndex(target as never), fails("unknown-label"));
    await assert.rejects(explain(undefined as never, RED), fails("bad-config", /not a model: undefined/));
    await assert.rejects(
      explain(loadModel(path) as never, RED),
      fails("bad-config", /not a model: an object \(Promise\).*await the promise/),
    );
    await assert.rejects(explain(model, RED, null as never), fails("bad-config", /options of explain are null/));
  });
});

test("tensors behind the first two gigabytes of a file are read alone", async () => {
  const graph = colourModel();
  const weight = graph.nodes.find(({ opType }) => opType === "Mul")?.input[1];
  const tensor = graph.proto.initializer.find(({ name }) => name === weight);
  assert.ok(tensor);
  const offset = 2 ** 31 + 4096;
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  tensor.rawData = new Uint8Array();
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = [entry("location", "far.data"), entry("offset", String(offset)), entry("length", "4")];
  const data = join(temporaryFolder(), "far.data");
  writeFileSync(data, "");
  truncateSync(data, offset + 4);
  const file = await open(data, "r+");
  await file.write(new Uint8Array((floats(10).data as Float32Array).buffer), 0, 4, offset);
  await file.close();
  const options = { threads: 1, preprocess: { mean: 0, std: 1 } };
  const far = savedModel(graph, "far.onnx");
  {
    await using model = await loadModel(far, options);
    assertClose([(await model.predict(RED))[0].probability], [PURE], 1e-4);
  }
  truncateSync(data, offset);
  await assert.rejects(loadModel(far, options), fails("bad-model", /beyond the end of 'far\.data'/));
});

test("a format newer than the runtime is named", async () => {
  const graph = colourModel();
  graph.model.irVersion = 99n;
  await assert.rejects(
    loadModel(savedModel(graph)),
    fails("unsupported-operator", /version 99 .*expected at most \d+/),
  );
});

test("what was assumed of free axes is said where it does not work, with the option", async () => {
  const graph = colourModel(undefined, { dims: ["n", "c", "h", "w"] });
  const flat = graph.op("Flatten", ["x"], { axis: 1 });
  const scores = graph.op("MatMul", [flat, floats(new Float32Array(3 * 64 * 64 * 2), [3 * 64 * 64, 2])]);
  graph.setOutputs([{ name: scores, type: 1, dims: ["n", 2] }]);
  graph.prune();
  const path = savedModel(graph);
  await assert.rejects(
    loadModel(path),
    fails(
      "shape-mismatch",
      /does not take \[batch, 3, 224, 224\] \(nchw\), which was assumed.*preprocess: \{ size: 64 \}/,
    ),
  );
  await using model = await loadModel(path, { preprocess: { size: 64 }, threads: 1 });
  assert.equal(model.info.input.height, 64);
});
