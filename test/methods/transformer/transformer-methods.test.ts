import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson, sum } from "../../../src/core/statistics.js";
import { repeatBatch } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { CLASS, gradientNetworks } from "../../support/gradient-networks.js";
import { toTensor } from "../../support/npz.js";

const { mapOf, of } = gradientNetworks();

test("attention rollout is the product of mixed attention", async () => {
  const { data, explanation } = await mapOf("transformer", "attention-rollout");
  assert.ok(pearson(data, toTensor(of("transformer").arrays.get("rollout")).data) > 0.99999);
  assert.equal(explanation.map(CLASS).width, 4);
});

test("transformer relevance is never negative and depends on the class", async () => {
  const { model, x } = of("transformer");
  const explanation = await explain(model, x, { method: "transformer-relevance", targets: [0, CLASS] });
  const [a, b] = [explanation.map(0).data, explanation.map(CLASS).data];
  assert.ok(a.every((value) => value >= 0) && sum(a) > 0);
  assert.ok(pearson(a, b) < 0.999);
});

test("a transformer scores a picture alike in batches of any size, to 1e-5", async () => {
  const { model, x } = of("transformer");
  const alone = (await model.run(x)).data;
  for (const count of [2, 5, 8]) {
    const { data } = await model.run(repeatBatch(x, count));
    for (const [i, score] of data.entries()) assert.ok(Math.abs(score - alone[i % alone.length]) < 1e-5);
  }
});

test("attention methods say why they cannot explain a convolutional network", async () => {
  const { model, x } = of("resnet");
  for (const method of ["attention-rollout", "transformer-relevance"] as const) {
    await assert.rejects(explain(model, x, { method }), /no attention matrices/);
  }
});
