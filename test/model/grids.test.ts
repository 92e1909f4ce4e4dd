import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Tensor as Values } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import { insertXai } from "../../src/export/insert-xai.js";
import { loadModel } from "../../src/model/load.js";
import { Graph } from "../../src/onnx/graph.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";
import { readNpz, toTensor } from "../support/npz.js";
import { assertClose } from "../support/tensors.js";

/** Each with the kind of its best layer. */
const networks = {
  swin: "feature-map",
  "swin-dynamo": "feature-map",
  convnext: "feature-map",
  "convnext-dynamo": "feature-map",
  mobilevit: "feature-map",
  hybrid: "tokens",
  "deit-registers": "tokens",
  "vit-wide": "tokens",
  pooled: "tokens",
} as const;

const arraysOf = async (name: string) => {
  const arrays = await readNpz(fixture(`grids/${name}.npz`));
  const [height, width, offset] = toTensor(arrays.get("geometry")).data;
  return {
    x: toTensor(arrays.get("x")),
    y: toTensor(arrays.get("y")),
    geometry: { height, width, offset },
    maps: toTensor(arrays.get("maps")),
    spread: toTensor(arrays.get("spread")),
  };
};
const open = (path: string) => loadModel(path, { threads: 1, preprocess: { mean: 0, std: 1 } });

/** Maps of all four classes, one after the other. */
async function mapsOf(model: Awaited<ReturnType<typeof open>>, x: Values, method: "recipro-cam" | "vit-recipro-cam") {
  const explanation = await explain(model, x, { method, targets: "all" });
  return explanation.targets.flatMap(({ index }) => [...explanation.map(index).data]);
}

for (const [name, kind] of Object.entries(networks)) {
  test(`${name}: the grid is found, and recipro-cam on it is torch's with a hook`, async () => {
    const { x, y, geometry, maps, spread } = await arraysOf(name);
    await using model = await open(fixture(`grids/${name}.onnx`));
    const [best] = model.layers();
    const { height, width, offset } = best.geometry;
    assert.equal(best.kind, kind);
    assert.deepEqual({ height, width, offset }, geometry);
    assertClose((await model.run(x)).data, y.data, 1e-4);
    assertClose(await mapsOf(model, x, "recipro-cam"), maps.data, 1e-4);
    if (kind === "tokens") assertClose(await mapsOf(model, x, "vit-recipro-cam"), spread.data, 1e-4);
  });

  test(`${name}: the maps can be made inside the model`, async () => {
    const { x, maps } = await arraysOf(name);
    const bytes = await insertXai(fixture(`grids/${name}.onnx`), { method: "recipro-cam", embedScaling: false });
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const outputs = await session.run({ image: new Tensor("float32", x.data, x.dims as number[]) });
    await session.release();
    assert.deepEqual(outputs.saliency_map.dims, [1, ...maps.dims]);
    assertClose(outputs.saliency_map.data as Float32Array, maps.data, 1e-4);
  });
}

test("a graph that takes two images at a time only has the same grid and maps", async () => {
  const graph = Graph.parse(await readFile(fixture("grids/hybrid.onnx")));
  const [image] = graph.inputs;
  graph.setInputs([{ ...image, dims: [2, 3, 64, 64] }]);
  const flat = graph.op("Reshape", [graph.outputs[0].name, { type: 7, dims: [2], data: BigInt64Array.of(2n, 4n) }]);
  graph.setOutputs([{ name: flat, type: 1, dims: [2, 4] }]);
  const { x, geometry, maps } = await arraysOf("hybrid");
  await using model = await open(savedModel(graph));
  const { height, width, offset } = model.layers()[0].geometry;
  assert.deepEqual({ height, width, offset }, geometry);
  assertClose(await mapsOf(model, x, "recipro-cam"), maps.data, 1e-4);
});
