import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson } from "../../../src/core/statistics.js";
import { gradCam } from "../../../src/methods/cam/grad-cam.js";
import { gradCamPlusPlus } from "../../../src/methods/cam/grad-cam-plus-plus.js";
import { hiresCam } from "../../../src/methods/cam/hires-cam.js";
import { layerCam } from "../../../src/methods/cam/layer-cam.js";
import { xgradCam } from "../../../src/methods/cam/xgrad-cam.js";
import { xraiOf } from "../../../src/methods/gradient/xrai.js";
import type { LayerInfo } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const layer: LayerInfo = {
  name: "feature",
  kind: "feature-map",
  shape: [1, 1280, 7, 7],
  geometry: { layout: "nchw", channels: 1280, height: 7, width: 7, offset: 0 },
  operator: "Clip",
};

const ORACLES = {
  GradCAM: gradCam,
  GradCAMPlusPlus: gradCamPlusPlus,
  LayerCAM: layerCam,
  HiResCAM: hiresCam,
  XGradCAM: xgradCam,
};

for (const [name, method] of Object.entries(ORACLES)) {
  test(`${method.name} is pytorch-grad-cam's ${name}`, async () => {
    const arrays = await readNpz(fixture("maps/cams.npz"));
    const activation = { data: toTensor(arrays.get("feature")).data, dims: layer.shape };
    const perChannel = toTensor(arrays.get("gradient")).data;
    const slope = { data: activation.data.map((_, i) => perChannel[Math.floor(i / 49)]), dims: layer.shape };
    const subject = analyticSubject({ width: 8, height: 8, score: () => [0], layers: [layer] });
    const gradient = async () => ({
      scores: subject.scores,
      gradients: new Map([["feature", slope]]),
      activations: new Map([["feature", activation]]),
    });
    const { maps } = await method.explain({ ...subject, gradient }, { score: "logit", relu: false });
    const correlation = pearson(maps[0].data, toTensor(arrays.get(name)).data);
    assert.ok(correlation > 0.9999, `correlation ${correlation}`);
  });
}

/** Ranks, ties at their mean. */
function ranks(values: Float32Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const out = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && values[order[j]] === values[order[i]]) j++;
    for (let k = i; k < j; k++) out[order[k]] = (i + j - 1) / 2;
    i = j;
  }
  return out;
}

for (const algorithm of ["full", "fast"] as const) {
  test(`xrai, ${algorithm}, ranks the regions of a given attribution as the saliency library does`, async () => {
    const arrays = await readNpz(fixture("maps/xrai.npz"));
    const attribution = { data: toTensor(arrays.get("attribution")).data, width: 224, height: 224 };
    const pixels = { data: arrays.get("rgb")?.data as Uint8Array, width: 224, height: 224 };
    const { data } = xraiOf(attribution, pixels, { algorithm, minPixelDifference: 50 });
    const correlation = pearson(ranks(data), ranks(toTensor(arrays.get(algorithm)).data));
    assert.ok(correlation > 0.99, `rank correlation ${correlation}`);
  });
}
