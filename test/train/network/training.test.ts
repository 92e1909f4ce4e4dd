import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../../../src/core/random.js";
import { SessionHost } from "../../../src/model/session.js";
import { differentiate } from "../../../src/onnx/autodiff/differentiate.js";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { probeShapes } from "../../../src/onnx/shapes.js";
import { asInputs, IMAGE, trainingGraph } from "../../../src/train/network/graphs.js";
import { adamW, oneCycle } from "../../../src/train/network/optimiser.js";
import { initialWeights, layersOf, parametersOf } from "../../../src/train/network/parameters.js";

const SIZE = 8;
const BATCH = 5;

test("gradients of the mean loss by every weight are what central differences say, summed over the batch", async () => {
  const source = random(3);
  const shape = { size: SIZE, stages: [{ channels: 4, kernel: 3 }, "pool", { channels: 8, kernel: 1 }] } as const;
  const layers = layersOf(shape, 3);
  const parameters = parametersOf(layers);
  const weights = initialWeights(parameters, source);
  for (const [name, values] of Object.entries(weights)) {
    if (name.startsWith("norm")) for (let i = 0; i < values.length; i++) values[i] += 0.2 * source.normal();
  }
  const { graph, logProbabilities } = trainingGraph(SIZE, layers, weights);
  const host = new SessionHost({ threads: 1 });
  try {
    const shapes = await probeShapes(graph, { name: IMAGE, dims: [1, 3, SIZE, SIZE] }, host);
    asInputs(graph, new Map(parameters.map(({ name, dims }) => [name, dims])));
    const wrt = parameters.map(({ name }) => name);
    const wanted = { wrt, output: logProbabilities, activation: "none", score: "logit" } as const;
    const { graph: backward, seed, scores, gradients } = differentiate({ graph, shapes }, wanted);
    const session = await host.open(backward);
    const float = (data: Float32Array, dims: readonly number[]): Constant => ({ type: DataType.FLOAT, dims, data });
    const image = Float32Array.from({ length: BATCH * 3 * SIZE * SIZE }, () => source.normal());
    const truth = Float32Array.from({ length: BATCH * 3 }, (_, i) =>
      i % 3 === Math.floor(i / 3) % 3 ? -1 / BATCH : 0,
    );
    const pass = (with_: typeof weights) =>
      session.run(
        {
          [IMAGE]: float(image, [BATCH, 3, SIZE, SIZE]),
          [seed]: float(truth, [BATCH, 3]),
          ...Object.fromEntries(parameters.map(({ name, dims }) => [name, float(with_[name], dims)])),
        },
        [scores, ...gradients.values()],
      );
    const lossOf = async (with_: typeof weights) => {
      const values = (await pass(with_)).get(scores)?.data as Float32Array;
      return values.reduce((sum, value, i) => sum + value * truth[i], 0);
    };
    const first = await pass(weights);
    const step = 1e-3;
    for (const name of wrt) {
      const gradient = first.get(gradients.get(name) as string)?.data as Float32Array;
      assert.equal(gradient.length, weights[name].length);
      const largest = Math.max(...gradient.map(Math.abs));
      const misses: string[] = [];
      for (const i of [0, gradient.length >> 1, gradient.length - 1]) {
        const moved = async (by: number) =>
          lossOf({ ...weights, [name]: weights[name].map((value, at) => (at === i ? value + by : value)) });
        const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
        if (Math.abs(slope - gradient[i]) > 0.03 * largest + 2e-4)
          misses.push(`${name}[${i}]: ${gradient[i]}, ${slope}`);
      }
      assert.deepEqual(misses, []);
      assert.ok(largest > 1e-4, `${name} has a gradient`);
    }
  } finally {
    await host.close();
  }
});

test("one cycle is torch's: a 25th at the start, the peak after a fifth, almost nothing at the end", () => {
  const steps = 250;
  const near = (value: number, expected: number) => assert.ok(Math.abs(value / expected - 1) < 1e-9, `${value}`);
  // torch 2.13: OneCycleLR(AdamW(lr=4e-3), 4e-3, total_steps=250, pct_start=0.2)
  near(oneCycle(0, steps, 4e-3).rate, 1.6e-4);
  near(oneCycle(0, steps, 4e-3).momentum, 0.95);
  near(oneCycle(49, steps, 4e-3).rate, 4e-3);
  near(oneCycle(49, steps, 4e-3).momentum, 0.85);
  near(oneCycle(249, steps, 4e-3).rate, 1.6e-8);
  near(oneCycle(249, steps, 4e-3).momentum, 0.95);
  const rates = Array.from({ length: steps }, (_, step) => oneCycle(step, steps, 4e-3).rate);
  assert.ok(rates.every((rate, i) => i === 0 || (i <= 49 ? rate > rates[i - 1] : rate < rates[i - 1])));
  assert.ok(Number.isFinite(oneCycle(0, 1, 4e-3).rate), "a training of one step has a rate");
});

test("AdamW by hand: the first step goes by the rate against the gradient's sign, after the decay", () => {
  const weights = { w: Float32Array.of(1, -2, 0.5) };
  const moments = { first: { w: new Float32Array(3) }, second: { w: new Float32Array(3) } };
  adamW(weights, { w: Float32Array.of(0.3, -4, 0) }, moments, 1, { rate: 0.1, momentum: 0.9, decay: 0.01 });
  const expected = [1 * 0.999 - 0.1, -2 * 0.999 + 0.1, 0.5 * 0.999];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(weights.w[i] - value) < 1e-6, `${weights.w[i]}`);
  adamW(weights, { w: Float32Array.of(0.1, 0, 0) }, moments, 2, { rate: 0.1, momentum: 0.9, decay: 0 });
  const mean = (0.9 * 0.03 + 0.1 * 0.1) / (1 - 0.81);
  const square = (0.999 * 9e-5 + 0.001 * 0.01) / (1 - 0.999 ** 2);
  assert.ok(Math.abs(weights.w[0] - (expected[0] - (0.1 * mean) / Math.sqrt(square))) < 1e-6, `${weights.w[0]}`);
});
