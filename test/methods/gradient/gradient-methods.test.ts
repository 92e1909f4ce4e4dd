import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Random } from "../../../src/core/random.js";
import { pearson } from "../../../src/core/statistics.js";
import { repeatBatch, type Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import type { ExplainOptions } from "../../../src/explain/options.js";
import { loadModel } from "../../../src/load-model.js";
import { type SmoothGradOptions, smoothGrad } from "../../../src/methods/gradient/smooth-grad.js";
import type { MethodName } from "../../../src/methods/registry.js";
import type { GradientRequest, Model } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const CLASS = 3;
const CELLS = 32 * 32;
const networks = ["resnet", "mobilenet", "transformer", "windows", "next"] as const;
type Network = (typeof networks)[number];

interface Case {
  readonly model: Model;
  readonly x: Tensor;
  readonly arrays: Awaited<ReturnType<typeof readNpz>>;
}

const cases = new Map<Network, Case>();
before(async () => {
  for (const name of networks) {
    const arrays = await readNpz(fixture(`gradients/${name}.npz`));
    const two = toTensor(arrays.get("x"));
    const x = { data: two.data.slice(0, 3 * CELLS), dims: [1, 3, 32, 32] };
    cases.set(name, { model: await loadModel(fixture(`gradients/${name}.legacy.onnx`)), x, arrays });
  }
});
after(() => Promise.all([...cases.values()].map(({ model }) => model.close())));

const of = (name: Network) => cases.get(name) as Case;

async function mapOf<Name extends MethodName>(network: Network, method: Name, options: object = {}) {
  const { model, x } = of(network);
  const settings = { method, targets: CLASS, ...options } as unknown as ExplainOptions<Name>;
  const explanation = await explain(model, x, settings);
  return { data: explanation.map(CLASS).data, explanation };
}

/** Channels of the first picture summed. */
function summed({ data }: Tensor): Float32Array {
  return Float32Array.from({ length: CELLS }, (_, p) => data[p] + data[CELLS + p] + data[2 * CELLS + p]);
}

const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
const option = <T>(explanation: { provenance: { options: Readonly<Record<string, unknown>> } }, name: string) =>
  explanation.provenance.options[name] as T;

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

test("options out of range are refused by name", async () => {
  const { model, x } = of("next");
  await assert.rejects(
    explain(model, x, { method: "integrated-gradients", steps: 0 }),
    /cannot use steps 0: expected a whole number/,
  );
  await assert.rejects(explain(model, x, { method: "smooth-grad", noise: -1 }), /noise is -1/);
  await assert.rejects(explain(model, x, { method: "guided-ig", fraction: 2 }), /fraction is 2/);
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
