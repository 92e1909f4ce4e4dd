import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { CELLS, gradientNetworks, option } from "../../support/gradient-networks.js";

const { mapOf, of } = gradientNetworks();

test("a counterfactual is another class, near the picture and within what pictures can be", async () => {
  const { model, x } = of("next");
  const scores = (await model.run(x)).data;
  const winner = scores.indexOf(Math.max(...scores));
  const explanation = await explain(model, x, {
    method: "counterfactual",
    targets: winner,
    iterations: 50,
    searches: 5,
  });
  const [found] = option<{ becomes: number; flipped: boolean; distance: number }[]>(explanation, "counterfactuals");
  assert.equal(found.flipped, true);
  assert.notEqual(found.becomes, winner);
  const [picture, change] = explanation.artifacts ?? [];
  assert.equal(picture.kind, "image");
  assert.ok(picture.data.every((value) => value >= 0 && value <= 255));
  assert.equal(change.kind, "signed");
  assert.ok(change.data.some((value) => value !== 0));
});

test("a pertinent positive alone keeps the class; a pertinent negative changes it", async () => {
  const { model, x } = of("next");
  const scores = (await model.run(x)).data;
  const winner = scores.indexOf(Math.max(...scores));
  for (const pertinent of ["positive", "negative"] as const) {
    const settings = { method: "contrastive", targets: winner, pertinent, searches: 2, iterations: 60 } as const;
    const explanation = await explain(model, x, settings);
    assert.doesNotMatch(explanation.provenance.notes.join(), /was not/);
    const { data } = explanation.map(winner);
    assert.ok(data.some((value) => value !== 0));
    assert.equal(explanation.artifacts?.[0].title, `pertinent ${pertinent}`);
  }
});

test("feature visualization drives what it is told to, and is reproducible", async () => {
  const { model, x } = of("mobilenet");
  const [layer] = model.layers();
  const make = () => mapOf("mobilenet", "feature-visualization", { targetLayer: layer.name, channel: 2, steps: 40 });
  const { explanation } = await make();
  assert.deepEqual((await make()).explanation.artifacts?.[0].data, explanation.artifacts?.[0].data);
  const made = explanation.artifacts?.[0].data as Float32Array;
  const respond = async (input: Tensor) => {
    const activation = (await model.observe(input, { layers: [layer.name] })).activations.get(layer.name) as Tensor;
    const { height, width } = layer.geometry;
    return sum(activation.data.slice(2 * height * width, 3 * height * width));
  };
  const [black, white] = [model.fill([0, 0, 0]).data, model.fill([255, 255, 255]).data];
  const data = x.data.map((_, i) => {
    const [c, p] = [Math.floor(i / CELLS), i % CELLS];
    return black[i] + (made[p * 3 + c] / 255) * (white[i] - black[i]);
  });
  assert.ok((await respond({ data, dims: x.dims })) > (await respond(x)));
});
