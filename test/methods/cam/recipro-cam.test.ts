import assert from "node:assert/strict";
import { test } from "node:test";
import { activationMap } from "../../../src/methods/cam/activation-map.js";
import { oneCellMasks, reciproCam } from "../../../src/methods/cam/recipro-cam.js";
import type { LayerInfo } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";

const [CHANNELS, ROWS, COLUMNS] = [3, 2, 4];
const layer: LayerInfo = {
  name: "features",
  kind: "feature-map",
  shape: [1, CHANNELS, ROWS, COLUMNS],
  operator: "Relu",
  geometry: { layout: "nchw", channels: CHANNELS, height: ROWS, width: COLUMNS, offset: 0 },
};
const features = Float32Array.from({ length: CHANNELS * ROWS * COLUMNS }, (_, i) => Math.cos(i));
const weights = [0.5, -1, 2];
const bias = 0.25;
/** Global mean, then one linear unit: class activation mapping has a closed form here. */
const head = (activation: Float32Array) => {
  let score = bias;
  for (let c = 0; c < CHANNELS; c++) {
    for (let p = 0; p < ROWS * COLUMNS; p++)
      score += (weights[c] * activation[c * ROWS * COLUMNS + p]) / (ROWS * COLUMNS);
  }
  return [score];
};
const subject = () =>
  analyticSubject({
    width: 8,
    height: 4,
    score: () => [0],
    layers: [layer],
    activations: { features: { data: features, dims: layer.shape } },
    head,
  });

test("on a linear head it is bias + Σ weight · activation / cells, cell by cell", async () => {
  const { maps, resolved } = await reciproCam.explain(subject(), { gaussian: false });
  assert.equal(maps[0].width, COLUMNS);
  assert.equal(maps[0].height, ROWS);
  assert.equal(resolved?.targetLayer, "features");
  for (let p = 0; p < ROWS * COLUMNS; p++) {
    const expected =
      bias + weights.reduce((sum, w, c) => sum + (w * features[c * ROWS * COLUMNS + p]) / (ROWS * COLUMNS), 0);
    assert.ok(Math.abs(maps[0].data[p] - expected) < 1e-6);
  }
});

test("it runs the head alone: not one forward pass more", async () => {
  const watched = subject();
  await reciproCam.explain(watched, { gaussian: false });
  assert.equal(watched.passes, 0);
});

test("the Gaussian spread is [1,2,1] ⊗ [1,2,1] / 16, cut at the border", () => {
  const masks = oneCellMasks({ width: 3, height: 3 }, true);
  assert.deepEqual(
    [...masks.subarray(4 * 9, 5 * 9)].map((v) => v * 16),
    [1, 2, 1, 2, 4, 2, 1, 2, 1],
  );
  assert.deepEqual(
    [...masks.subarray(0, 9)].map((v) => v * 16),
    [4, 2, 0, 2, 1, 0, 0, 0, 0],
  );
});

test("a wrong layer name lists the candidates and suggests the nearest", async () => {
  await assert.rejects(reciproCam.explain(subject(), { gaussian: false, targetLayer: "featurs" }), {
    code: "unknown-layer",
    message: "unknown layer 'featurs': expected one of features; did you mean 'features'?",
  });
});

test("the activation map is the mean over channels, the same for every class", async () => {
  const { maps, score } = await activationMap.explain(subject(), {});
  assert.equal(score, "none");
  for (let p = 0; p < ROWS * COLUMNS; p++) {
    const mean = (features[p] + features[p + 8] + features[p + 16]) / 3;
    assert.ok(Math.abs(maps[0].data[p] - mean) < 1e-6);
  }
});
