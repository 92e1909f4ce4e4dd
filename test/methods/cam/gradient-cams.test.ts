import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson, sum } from "../../../src/core/statistics.js";
import { CLASS, gradientNetworks } from "../../support/gradient-networks.js";

const { mapOf } = gradientNetworks();

test("Grad-CAM of a linear head is the class's weights on the features", async () => {
  const { data, explanation } = await mapOf("resnet", "grad-cam", { relu: false });
  const hires = await mapOf("resnet", "hires-cam", { relu: false });
  assert.ok(pearson(data, hires.data) > 0.99999, "gradients of a mean are the same in every cell");
  assert.equal(explanation.map(CLASS).width, 4);
  const positive = (await mapOf("resnet", "grad-cam")).data;
  assert.deepEqual(
    positive,
    data.map((value) => Math.max(0, value)),
  );
});

test("guided Grad-CAM is zero where Grad-CAM is", async () => {
  const { data } = await mapOf("resnet", "guided-grad-cam");
  const { explanation } = await mapOf("resnet", "grad-cam");
  const cam = explanation.map(CLASS).resize(32, 32).data;
  assert.ok(cam.some((value) => value === 0) || cam.every((value) => value > 0));
  data.forEach((value, p) => {
    if (cam[p] === 0) assert.ok(value === 0);
  });
  assert.ok(data.some((value) => value !== 0));
});

test("feature maps come strongest first, or as they were asked for", async () => {
  const { explanation } = await mapOf("resnet", "feature-maps", { count: 3 });
  assert.equal(explanation.artifacts?.length, 3);
  const means = (explanation.artifacts ?? []).map(({ data }) => sum(data));
  assert.ok(means[0] >= means[1] && means[1] >= means[2]);
  const chosen = await mapOf("resnet", "feature-maps", { channels: [5, 1] });
  assert.deepEqual(
    (chosen.explanation.artifacts ?? []).map(({ title }) => title),
    ["channel 5", "channel 1"],
  );
});
