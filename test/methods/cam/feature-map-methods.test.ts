import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pearson } from "../../../src/core/statistics.js";
import { eigenCam, firstComponent } from "../../../src/methods/cam/eigen-cam.js";
import { scoreCam } from "../../../src/methods/cam/score-cam.js";
import { vitReciproCam } from "../../../src/methods/transformer/vit-recipro-cam.js";
import type { LayerInfo } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const featureLayer = (channels: number, side: number): LayerInfo => ({
  name: "features",
  kind: "feature-map",
  shape: [1, channels, side, side],
  geometry: { layout: "nchw", channels, height: side, width: side, offset: 0 },
  operator: "Conv",
});

describe("eigen-cam", () => {
  it("is the common pattern of channels that differ in strength, less its mean, upright", async () => {
    const pattern = [0, 1, 2, 5, 9, 4, 0, 0, 3];
    const strengths = [0.5, 1, 2, 4];
    const subject = analyticSubject({
      width: 12,
      height: 12,
      layers: [featureLayer(4, 3)],
      activations: {
        features: {
          data: Float32Array.from(strengths.flatMap((strength) => pattern.map((value) => 1 + strength * value))),
          dims: [1, 4, 3, 3],
        },
      },
      score: () => [0.2, 0.8],
      targets: [1, 0],
    });
    const { maps, resolved } = await eigenCam.explain(subject, {});
    const mean = pattern.reduce((sum, value) => sum + value, 0) / 9;
    const size = Math.hypot(...strengths);
    assert.ok(pattern.every((value, p) => Math.abs(maps[0].data[p] - (value - mean) * size) < 1e-4));
    assert.deepEqual(maps[1].data, maps[0].data);
    assert.equal(resolved?.targetLayer, "features");
  });

  it("agrees with pytorch-grad-cam on EfficientNet-Lite0's last map", async () => {
    const arrays = await readNpz(fixture("eigen-cam.npz"));
    const features = toTensor(arrays.get("features"));
    const expected = toTensor(arrays.get("eigen_cam"));
    const cells = expected.data.length;
    const planes = Array.from({ length: features.data.length / cells }, (_, c) =>
      Float64Array.from(features.data.subarray(c * cells, (c + 1) * cells)),
    );
    const correlation = pearson(firstComponent(planes), expected.data);
    assert.ok(Math.abs(correlation) > 0.9999, `correlation ${correlation}`);
  });
});

describe("score-cam", () => {
  const channel = (lit: number) => Array.from({ length: 16 }, (_, p) => (p === lit ? 2 : 0));
  const subject = (targets = [0, 1]) =>
    analyticSubject({
      width: 16,
      height: 16,
      targets,
      layers: [featureLayer(4, 4)],
      activations: {
        features: {
          data: Float32Array.from(
            [channel(5), channel(10).map((v) => v / 4), channel(3), new Array(16).fill(3)].flat(),
          ),
          dims: [1, 4, 4, 4],
        },
      },
      score: (image) => [
        image.reduce((sum, value, p) => sum + (p % 16 >= 4 && p % 16 < 8 && p >= 64 && p < 128 ? value / 16 : 0), 0),
        image.reduce((sum, value, p) => sum + (p % 16 >= 8 && p % 16 < 12 && p >= 128 && p < 192 ? value / 16 : 0), 0),
      ],
    });

  it("weighs each channel by the probability of what it lets through; flat channels cost nothing", async () => {
    const run = subject();
    const { maps, notes } = await scoreCam.explain(run, scoreCam.defaults);
    assert.equal(run.passes, 3);
    assert.equal(maps[0].data.indexOf(Math.max(...maps[0].data)), 5);
    assert.equal(maps[1].data.indexOf(Math.max(...maps[1].data)), 10);
    // The enlarged channel reaches 1 at its peak and 0 far off, so the mean over its own cell is its weight.
    assert.ok(maps[0].data[5] > 2 * 0.6 && maps[0].data[5] < 2 * 0.9, `${maps[0].data[5]}`);
    assert.equal(maps[0].data[3], 0);
    assert.deepEqual(notes, []);
  });

  it("says so when channels were left out", async () => {
    const run = subject();
    const { notes } = await scoreCam.explain(run, { ...scoreCam.defaults, channels: 2 });
    assert.equal(run.passes, 2);
    assert.match(notes?.[0] ?? "", /2 of 3 channels/);
  });
});

describe("vit-recipro-cam", () => {
  const tokens: LayerInfo = {
    name: "tokens",
    kind: "tokens",
    shape: [1, 10, 2],
    geometry: { layout: "tokens", channels: 2, height: 3, width: 3, offset: 1 },
    operator: "Add",
  };
  const values = Float32Array.from({ length: 20 }, (_, i) => (i < 2 ? 10 : i));
  const subject = (layers: LayerInfo[]) =>
    analyticSubject({
      width: 6,
      height: 6,
      layers,
      activations: { tokens: { data: values, dims: [1, 10, 2] } },
      score: () => [0],
      // The class token's first channel and the sum of all patches' first channels.
      head: (activation) => [
        100 * activation[0] + activation.filter((_, i) => i > 1 && i % 2 === 0).reduce((a, b) => a + b, 0),
      ],
    });

  it("keeps one patch at a time and the class token always", async () => {
    const run = subject([tokens]);
    const { maps } = await vitReciproCam.explain(run, { gaussian: false });
    assert.deepEqual(
      [...maps[0].data],
      [2, 4, 6, 8, 10, 12, 14, 16, 18].map((value) => 1000 + value),
    );
    assert.equal(run.passes, 0);
  });

  it("spreads each patch by [1,2,1] ⊗ [1,2,1] / 16 unless told otherwise", async () => {
    const { maps } = await vitReciproCam.explain(subject([tokens]), vitReciproCam.defaults);
    assert.equal(maps[0].data[4], 1000 + (4 * 10 + 2 * (4 + 8 + 12 + 16) + 2 + 6 + 14 + 18) / 16);
  });

  it("says why a network without tokens cannot be explained by it", () => {
    const facts = subject([featureLayer(4, 4)]).info;
    assert.match(vitReciproCam.unsupported?.(facts, [featureLayer(4, 4)]) ?? "", /no layer of patch tokens/);
    assert.equal(vitReciproCam.unsupported?.(facts, [tokens]), undefined);
  });
});
