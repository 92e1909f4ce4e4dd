import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { repeatBatch } from "../../src/core/tensor.js";
import { inputGradient, layerGradient } from "../../src/model/input-gradient.js";
import { loadModel } from "../../src/model/load.js";
import { canonical } from "../../src/onnx/autodiff/canonical.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { noise } from "../support/tensors.js";

const honest = () => loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1 });

test("the input gradient predicts what a small step does to the score, image by image", async () => {
  await using model = await honest();
  const [picture] = classroom.pictures({ count: 1, seed: 4 });
  const { tensor } = await model.prepare(picture.image);
  const gradient = await inputGradient(model, repeatBatch(tensor, 2), { target: picture.label });
  const { data } = gradient;
  assert.deepEqual(gradient.dims, [2, 3, 64, 64]);
  const half = data.length / 2;
  for (let i = 0; i < half; i++) assert.ok(Math.abs(data[i] - data[half + i]) < 1e-6);

  const norm = Math.hypot(...data.subarray(0, half));
  const step = 1e-3;
  const moved = tensor.data.map((value, i) => value + (step * data[i]) / norm);
  const index = model.classIndex(picture.label);
  const before = (await model.run(tensor)).data[index];
  const after = (await model.run({ data: moved, dims: tensor.dims })).data[index];
  assert.ok(Math.abs((after - before) / (step * norm) - 1) < 0.05, `${(after - before) / step} instead of ${norm}`);
});

test("a layer's gradient comes with its activation; weights over the scores are one gradient", async () => {
  await using model = await honest();
  const [picture] = classroom.pictures({ count: 1, seed: 4 });
  const { tensor } = await model.prepare(picture.image);
  const layer = model.layers()[0].name;
  const { activation, gradient } = await layerGradient(model, tensor, { target: 2, layer });
  assert.deepEqual(activation.dims, gradient.dims);
  const weights = new Float32Array(8);
  weights[2] = 2;
  const doubled = await layerGradient(model, tensor, { target: weights, layer });
  doubled.gradient.data.forEach((value, i) => {
    assert.ok(Math.abs(value - 2 * gradient.data[i]) < 1e-5);
  });
});

test("the first gradient opens its own session alone: shapes are known since the model was loaded", async () => {
  for (const graph of [tinyCnn(), tinyVit(), tinyCnn({ batch: 1 }), tinyVit({ batch: 4 })]) {
    await using model = await loadModel(savedModel(graph), { threads: 1, isolate: false });
    const { host } = model.network;
    const { open } = host;
    const opened: number[] = [];
    host.open = (each) => {
      opened.push(each.nodes.length);
      return open.call(host, each);
    };
    const input = noise([model.network.batch ?? 1, 3, 32, 32]);
    await inputGradient(model, input, { target: 0 });
    assert.equal(opened.length, 1);
    const form = await canonical(
      model.network.graph,
      { name: "image", dims: input.dims },
      { open: (each) => open.call(host, each) },
      { batched: model.network.batch === undefined },
    );
    const { shapes } = model.network;
    for (const [name, shape] of form.shapes)
      if (shapes.has(name)) assert.deepEqual(shapes.get(name)?.dims, shape.dims, name);
  }
});
