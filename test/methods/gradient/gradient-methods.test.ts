import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "../../../src/core/random.js";
import { pearson, sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import { type SmoothGradOptions, smoothGrad } from "../../../src/methods/gradient/smooth-grad.js";
import type { GradientRequest } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";
import { fixture } from "../../support/fixtures.js";
import { CELLS, CLASS, gradientNetworks, option } from "../../support/gradient-networks.js";
import { toTensor } from "../../support/npz.js";

const { mapOf, of } = gradientNetworks();

/** Channels of the first picture summed. */
function summed({ data }: Tensor): Float32Array {
  return Float32Array.from({ length: CELLS }, (_, p) => data[p] + data[CELLS + p] + data[2 * CELLS + p]);
}

test("gradient is torch's, in one backward pass", async () => {
  for (const network of ["resnet", "mobilenet", "transformer"] as const) {
    const { data, explanation } = await mapOf(network, "gradient");
    assert.ok(pearson(data, summed(toTensor(of(network).arrays.get("g")))) > 0.99999);
    assert.equal(explanation.provenance.backwardPasses, 1);
    assert.equal(explanation.provenance.score, "logit");
  }
});

test("two exports of one network give one map", async () => {
  const { model, x } = of("windows");
  await using other = await loadModel(fixture("gradients/windows.dynamo.onnx"));
  for (const method of ["gradient", "integrated-gradients"] as const) {
    const [a, b] = [
      await explain(model, x, { method, targets: CLASS }),
      await explain(other, x, { method, targets: CLASS }),
    ];
    assert.ok(pearson(a.map(CLASS).data, b.map(CLASS).data) > 0.999999);
  }
});

test("channels are summed, or the largest of them is taken", async () => {
  const g = toTensor(of("next").arrays.get("g")).data;
  const { data: largest } = await mapOf("next", "gradient", { channels: "largest" });
  const { data: maximum } = await mapOf("next", "gradient", { channels: "maximum" });
  for (const p of [0, 77, 1000]) {
    const values = [g[p], g[CELLS + p], g[2 * CELLS + p]];
    const far = values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    assert.ok(Math.abs(largest[p] - far) < 1e-5);
    assert.ok(Math.abs(maximum[p] - Math.max(...values)) < 1e-5);
  }
});

test("probabilities are differentiated when asked for", async () => {
  const { data, explanation } = await mapOf("next", "gradient", { score: "probability" });
  const { data: logits } = await mapOf("next", "gradient");
  assert.equal(explanation.provenance.score, "probability");
  assert.ok(Math.abs(pearson(data, logits)) < 0.9999);
});

test("gradient-x-input multiplies with the input", async () => {
  const { x, arrays } = of("next");
  const g = toTensor(arrays.get("g")).data;
  const product = summed({ data: x.data.map((value, i) => value * g[i]), dims: x.dims });
  assert.ok(pearson((await mapOf("next", "gradient-x-input")).data, product) > 0.99999);
});

test("integrated gradients by Gauss and Legendre are torch's", async () => {
  for (const network of ["transformer", "windows", "next"] as const) {
    const { data, explanation } = await mapOf(network, "integrated-gradients", {
      baseline: "zero",
      quadrature: "gauss-legendre",
    });
    assert.ok(pearson(data, summed(toTensor(of(network).arrays.get("ig")))) > 0.99999);
    assert.equal(explanation.provenance.backwardPasses, 50);
  }
});

test("integrated gradients add up to the score difference on smooth networks", async () => {
  const { model, x } = of("transformer");
  const black = model.fill([0, 0, 0]);
  const [score, base] = [await model.run(x), await model.run(black)].map(({ data }) => data[CLASS]);
  for (const quadrature of ["midpoint", "trapezoid", "gauss-legendre"]) {
    const { data, explanation } = await mapOf("transformer", "integrated-gradients", { steps: 100, quadrature });
    const [gap] = option<number[]>(explanation, "completenessGap");
    assert.ok(Math.abs(gap) < 1e-3, `${quadrature}: ${gap}`);
    assert.ok(Math.abs(score - base - sum(data) - gap) < 1e-3);
  }
});

test("steps are doubled until the gap is small enough, or the limit is reached", async () => {
  const { explanation } = await mapOf("transformer", "integrated-gradients", { steps: 2, tolerance: 1e-3 });
  const steps = option<number>(explanation, "steps");
  assert.ok(steps > 2 && Number.isInteger(Math.log2(steps)));
  const limited = await mapOf("resnet", "integrated-gradients", { steps: 2, tolerance: 1e-9, maxSteps: 8 });
  assert.equal(option<number>(limited.explanation, "steps"), 8);
});

test("several baselines are averaged", async () => {
  const black = (await mapOf("next", "integrated-gradients", { baseline: "black" })).data;
  const white = (await mapOf("next", "integrated-gradients", { baseline: "white" })).data;
  const both = (await mapOf("next", "integrated-gradients", { baseline: ["black", "white"] })).data;
  both.forEach((value, p) => {
    assert.ok(Math.abs(value - (black[p] + white[p]) / 2) < 1e-5);
  });
});

test("guided backpropagation is the gradient where there is no rectifier, and says so", async () => {
  const smooth = await mapOf("transformer", "guided-backprop");
  assert.ok(pearson(smooth.data, summed(toTensor(of("transformer").arrays.get("g")))) > 0.99999);
  assert.match(smooth.explanation.provenance.notes.join(), /no rectifier/);
  const kinked = await mapOf("resnet", "guided-backprop");
  assert.ok(pearson(kinked.data, summed(toTensor(of("resnet").arrays.get("g")))) < 0.99);
});

test("smooth-grad with given noise is the mean of torch's gradients", async () => {
  const { model, x, arrays } = of("resnet");
  const noise = toTensor(arrays.get("noise")).data;
  const range = Math.max(...x.data) - Math.min(...x.data);
  let drawn = 0;
  const given = { normal: () => noise[drawn++], fork: () => given } as unknown as Random;
  const subject = {
    ...analyticSubject({ width: 32, height: 32, score: () => [0] }),
    input: x,
    geometry: model.info.input,
    targets: [CLASS],
    random: given,
    gradient: (batch: Tensor, request: Omit<GradientRequest, "signal">) => model.gradient(batch, request),
  };
  const options = { ...smoothGrad.defaults, samples: 8, noise: 0.3 / range } as SmoothGradOptions;
  const { maps } = await smoothGrad.explain(subject, options);
  assert.equal(drawn, noise.length);
  const [map] = maps;
  assert.ok(pearson(map.data, summed(toTensor(arrays.get("smooth")))) > 0.9999);
});

test("smooth-grad without noise is the gradient; with noise it is reproducible", async () => {
  const plain = summed(toTensor(of("mobilenet").arrays.get("g")));
  assert.ok(pearson((await mapOf("mobilenet", "smooth-grad", { noise: 0, samples: 5 })).data, plain) > 0.99999);
  const draw = (seed: number) => mapOf("mobilenet", "smooth-grad", { seed, samples: 6 });
  const [a, again, b] = [await draw(1), await draw(1), await draw(2)];
  assert.deepEqual(a.data, again.data);
  assert.notDeepEqual(a.data, b.data);
  assert.equal(a.explanation.provenance.backwardPasses, 6);
});

test("the variance of noisy gradients is their mean square less the square of their mean", async () => {
  const of1 = async (statistic: string) =>
    (await mapOf("next", "smooth-grad", { statistic, channels: "sum", samples: 4, noise: 0 })).data;
  const variance = await of1("variance");
  assert.ok(variance.every((value) => Math.abs(value) < 1e-6));
  const squared = (await mapOf("next", "smooth-grad", { statistic: "squared", samples: 4, noise: 0 })).data;
  const g = toTensor(of("next").arrays.get("g")).data;
  assert.ok(pearson(squared, summed({ data: g.map((v) => v * v), dims: [] })) > 0.99999);
});

test("expected gradients over one reference come near its integrated gradients", async () => {
  const exact = (await mapOf("transformer", "integrated-gradients", { baseline: "white" })).data;
  const drawn = (await mapOf("transformer", "expected-gradients", { references: ["white"], samples: 80 })).data;
  assert.ok(pearson(exact, drawn) > 0.999);
  const { x } = of("transformer");
  const self = (await mapOf("transformer", "expected-gradients", { references: [x], samples: 4 })).data;
  assert.ok(self.every((value) => value === 0));
});

test("guided-ig on the straight path is integrated gradients; off it, it still adds up", async () => {
  const straight = (await mapOf("transformer", "guided-ig", { steps: 40, maxDistance: 0 })).data;
  const exact = (await mapOf("transformer", "integrated-gradients")).data;
  assert.ok(pearson(straight, exact) > 0.99);
  const { data, explanation } = await mapOf("transformer", "guided-ig", { steps: 200, maxDistance: 0.1 });
  const [gap] = option<number[]>(explanation, "completenessGap");
  const { model, x } = of("transformer");
  const [score, base] = [await model.run(x), await model.run(model.fill([0, 0, 0]))].map(
    (tensor) => tensor.data[CLASS],
  );
  assert.ok(Math.abs(gap - (score - base - sum(data))) < 1e-3);
  assert.ok(Math.abs(gap) < 0.05 * Math.max(1, Math.abs(score - base)), `gap ${gap} of ${score - base}`);
});

test("blur-ig adds up to the score less that of the blurred picture", async () => {
  const { explanation } = await mapOf("transformer", "blur-ig", { steps: 100, maxSigma: 8 });
  const [gap] = option<number[]>(explanation, "completenessGap");
  assert.ok(Math.abs(gap) < 1e-2, `gap ${gap}`);
});

test("xrai gives every region one value, as its integrated gradients rank it", async () => {
  const { explanation } = await mapOf("next", "xrai", { steps: 8 });
  const { data, regions } = explanation.map(CLASS);
  const values = new Map<number, number>();
  regions?.forEach((region, p) => {
    if (!values.has(region)) values.set(region, data[p]);
    assert.equal(data[p], values.get(region));
  });
  assert.ok(values.size > 1);
  assert.equal(explanation.provenance.backwardPasses, 16);
});

test("options out of range are refused by name", async () => {
  const { model, x } = of("next");
  await assert.rejects(
    explain(model, x, { method: "integrated-gradients", steps: 0 }),
    /cannot use steps 0: expected a whole number/,
  );
  await assert.rejects(
    explain(model, x, { method: "smooth-grad", noise: -1 }),
    /cannot use noise -1: expected a number from 0 to 10/,
  );
  await assert.rejects(explain(model, x, { method: "guided-ig", fraction: 2 }), /cannot use fraction 2/);
});

test("work stops within a batch when it is cancelled", async () => {
  const { model, x } = of("resnet");
  const controller = new AbortController();
  const run = explain(model, x, {
    method: "integrated-gradients",
    steps: 5000,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await assert.rejects(run, (error) => (error as { code: string }).code === "aborted");
});
