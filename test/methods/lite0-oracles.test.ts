import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { random } from "../../src/core/random.js";
import { pearson } from "../../src/core/statistics.js";
import type { Tensor } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import type { ExplainOptions } from "../../src/explain/options.js";
import { insertXai } from "../../src/export/insert-xai.js";
import { loadModel } from "../../src/load-model.js";
import { BicubicRiseSampler } from "../../src/methods/black-box/rise/bicubic-sampler.js";
import { RiseDesign } from "../../src/methods/black-box/rise/rise-design.js";
import type { MethodName } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import { fixture } from "../support/fixtures.js";
import { readNpz, toTensor } from "../support/npz.js";

const TIGER_CAT = 282;
const SIDE = 224;

let model: Model;
let input: Tensor;
let oracles: Awaited<ReturnType<typeof readNpz>>;
before(async () => {
  model = await loadModel("efficientnet-lite0");
  oracles = await readNpz(fixture("maps/lite0-chelsea.npz"));
  const rgb = toTensor((await readNpz(fixture("lite0-chelsea.npz"))).get("rgb")).data;
  const size = SIDE * SIDE;
  const data = Float32Array.from({ length: 3 * size }, (_, i) => {
    return (rgb[(i % size) * 3 + Math.floor(i / size)] / 255 - 0.498) / 0.502;
  });
  input = { data, dims: [1, 3, SIDE, SIDE] };
});
after(() => model.close());

const oracle = (name: string) => toTensor(oracles.get(name)).data;

async function mapOf<Name extends MethodName>(method: Name, options: object = {}) {
  const settings = { method, targets: TIGER_CAT, ...options } as unknown as ExplainOptions<Name>;
  return (await explain(model, input, settings)).map(TIGER_CAT).data;
}

function correlates(found: Float32Array, name: string, least: number): void {
  const correlation = pearson(found, oracle(name));
  assert.ok(correlation >= least, `${name} correlates at ${correlation}, wanted ${least}`);
}

function near(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) <= tolerance, `value ${i}: ${found[i]} instead of ${expected[i]}`);
  }
}

test("gradients of logit and probability are torch's", async () => {
  correlates(await mapOf("gradient"), "gradient", 0.9999);
  correlates(await mapOf("gradient", { score: "probability" }), "gradient_of_probability", 0.9999);
});

test("guided backpropagation stops at ReLU6, too", async () => {
  correlates(await mapOf("guided-backprop"), "guided_backprop", 0.999);
});

test("integrated gradients are Captum's", async () => {
  const options = { steps: 50, quadrature: "gauss-legendre", baseline: "zero" };
  correlates(await mapOf("integrated-gradients", options), "integrated_gradients", 0.9999);
});

test("occlusion drops by window are those of torch", async () => {
  const { data } = await explain(model, input, {
    method: "occlusion",
    targets: TIGER_CAT,
    window: 32,
    stride: 16,
    fill: "zero",
  }).then((explanation) => explanation.map(TIGER_CAT));
  correlates(data, "occlusion", 0.9999);
  assert.ok(Math.abs(data[0] - oracle("occlusion_drops")[0]) < 1e-5, "the corner lies in one window alone");
});

for (const [method, name] of [
  ["recipro-cam", "recipro_cam"],
  ["activation-map", "activation_map"],
] as const) {
  test(`${method} is OpenVINO XAI's, raw and as bytes out of the model itself`, async () => {
    const raw = oracle(name);
    const scale = Math.max(...raw.map(Math.abs));
    near(await mapOf(method), raw, 1e-4 * scale);

    const bytes = await insertXai(model, { method, embedScaling: true });
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const outputs = await session.run({ [session.inputNames[0]]: new OrtTensor("float32", input.data, input.dims) });
    await session.release();
    const { data, dims } = outputs.saliency_map;
    const [, maps, height, width] = dims;
    const at = maps === 1 ? 0 : TIGER_CAT * height * width;
    near((data as Uint8Array).subarray(at, at + height * width), oracle(`${name}_u8`), 1);
  });
}

test("maps are the same bit for bit with one thread and with two", async () => {
  await using other = await loadModel("efficientnet-lite0", { threads: model.info.threads === 1 ? 2 : 1 });
  const options = { method: "rise", masks: 64, cells: 4, seed: 3 } as const;
  const maps = await Promise.all([model, other].map(async (each) => (await explain(each, input, options)).map().data));
  assert.deepEqual(maps[0], maps[1]);
});

test("rise with given grids and shifts, enlarged by cubic interpolation, is OpenVINO XAI's", async () => {
  const design = new RiseDesign(SIDE, SIDE, 8, 0.5, random(0));
  const [grids, shifts] = [oracle("rise_grids"), oracle("rise_shifts")];
  for (let n = 0; n < 500; n++) {
    design.grids.push(Uint8Array.from({ length: 64 }, (_, i) => (grids[n * 8 + (i >> 3)] >> (7 - (i & 7))) & 1));
    design.shifts.push([shifts[n * 2], shifts[n * 2 + 1]]);
  }
  const black = { data: new Float32Array(input.data.length), dims: input.dims };
  const probabilities = (scores: Tensor) => model.probabilities(scores);
  const tensors = { base: black, delta: input };
  const sampler = new BicubicRiseSampler(design, { targets: [TIGER_CAT], probabilities }, false, tensors);
  near(sampler.mask(0), oracle("rise_mask"), 1e-3);

  const expected = oracle("rise_probabilities");
  const scores = await model.masked(sampler.batch(0, 12));
  const classes = scores.dims[1];
  const found = model.probabilities(scores).data;
  near(
    Array.from({ length: 12 }, (_, n) => found[n * classes + TIGER_CAT]),
    expected.subarray(0, 12),
    1e-4,
  );

  const asGiven = { targets: [0], probabilities: (given: Tensor) => given };
  const known = new BicubicRiseSampler(design, asGiven, false, tensors);
  known.take({ data: expected, dims: [500, 1] }, 0);
  const [map] = known.maps();
  const sums = map.data.map((value) => value * 500 * 0.5);
  near(sums, oracle("rise_map"), 0.07);
});
