import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import type { CellStep, MaskStep, MethodStep, PathStep } from "../../src/core/method-step.js";
import { stretched } from "../../src/core/stretched-mask.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { MethodName } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";

let model: Model;
before(async () => {
  const { url, options } = classroom.models.honest;
  model = await loadModel(url, { ...options, threads: 1 });
});
after(() => model.close());

const [{ image }] = classroom.pictures({ count: 1, seed: 3, labels: ["cup"] });

/** Everything that a run says of its steps, kept as it must be by who wants it later. */
async function steps<Step extends MethodStep>(method: MethodName, options: object) {
  const said: Step[] = [];
  const explanation = await explain(model, image, {
    method,
    ...options,
    onProgress: ({ step }: { step?: () => MethodStep }) => {
      if (step) said.push(structuredClone(step()) as Step);
    },
  } as never);
  return { said, explanation, target: explanation.prediction.index };
}

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

/** Fails where two maps differ by more than a part of the largest value. */
function assertNear(made: ArrayLike<number>, expected: ArrayLike<number>, part: number): void {
  assert.equal(made.length, expected.length);
  const difference = Array.from(made, (value, i) => value - expected[i]);
  assert.ok(largest(difference) <= part * largest(expected), `${largest(difference)} of ${largest(expected)}`);
}

test("the masks and answers that rise tells of add up to its map", async () => {
  const { said, explanation, target } = await steps<MaskStep>("rise", { masks: 150, cells: 4, seed: 3 });
  assert.deepEqual(said.map(({ from }) => from).slice(0, 2), [0, 8]);
  const { width, height, data } = explanation.map();
  const scores = said.flatMap((step) => rowsOf(model, step).map((row) => row[target]));
  assert.equal(scores.length, 150);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const sum = new Float64Array(width * height);
  for (const [n, mask] of said.flatMap(({ masks }) => masks).entries()) {
    const shown = stretched(mask, width, height);
    for (let p = 0; p < sum.length; p++) sum[p] += ((scores[n] - mean) * shown[p]) / (scores.length * 0.5);
  }
  assertNear(sum, data, 1e-4);
});

test("the windows and answers that occlusion tells of make its map", async () => {
  const { said, explanation, target } = await steps<MaskStep>("occlusion", {});
  const { width, height, data } = explanation.map();
  const [drops, covers] = [new Float64Array(width * height), new Float64Array(width * height)];
  const whole = (await model.predict(image))[0].probability;
  for (const step of said) {
    for (const [n, row] of rowsOf(model, step).entries()) {
      const shown = stretched(step.masks[n], width, height);
      for (let p = 0; p < drops.length; p++) {
        drops[p] += (1 - shown[p]) * (whole - row[target]);
        covers[p] += 1 - shown[p];
      }
    }
  }
  const map = drops.map((drop, p) => drop / Math.max(1, covers[p]));
  assertNear(map, data, 1e-4);
});

test("gp-rise tells of pairs of opposite masks, which cover the picture together", async () => {
  const { said, explanation } = await steps<MaskStep>("gp-rise", { masks: 40 });
  const masks = said.flatMap((step) => step.masks);
  assert.equal(masks.length, 40);
  const { width, height } = model.info.input;
  for (let pair = 0; pair < masks.length; pair += 2) {
    const [one, other] = [stretched(masks[pair], width, height), stretched(masks[pair + 1], width, height)];
    assert.ok(one.every((value, p) => Math.abs(value + other[p] - 1) < 1e-6));
  }
  assert.equal(explanation.provenance.forwardPasses, 41);
});

test("recipro-cam tells of every cell's vote, and they are its map", async () => {
  const { said, explanation, target } = await steps<CellStep>("recipro-cam", {});
  assert.equal(said.length, 1);
  const [{ columns, rows, scores, layer }] = said;
  const { width, height, data } = explanation.map();
  assert.deepEqual([columns, rows], [width, height]);
  assert.equal(layer, explanation.provenance.options.targetLayer);
  const votes = Float32Array.from({ length: columns * rows }, (_, cell) => scores.data[cell * scores.dims[1] + target]);
  assert.deepEqual(votes, data);
});

test("the gradients that integrated gradients tell of make the map, way by way", async () => {
  const { said, explanation } = await steps<PathStep>("integrated-gradients", {
    steps: 9,
    baseline: ["black", "white"],
  });
  const { data } = explanation.map();
  assert.deepEqual([...new Set(said.map(({ baseline }) => baseline))], [0, 1]);
  const sum = new Float64Array(data.length * model.info.input.channels);
  for (const { weights, gradients, difference } of said) {
    for (const [i, gradient] of gradients.entries()) {
      for (let p = 0; p < sum.length; p++) sum[p] += (weights[i] * gradient[p] * difference[p]) / 2;
    }
  }
  const size = data.length;
  const map = Float64Array.from({ length: size }, (_, p) => sum[p] + sum[p + size] + sum[p + 2 * size]);
  assertNear(map, data, 1e-5);
  const [{ positions, scores }] = said;
  assert.ok(positions.every((at, i) => at > (positions[i - 1] ?? 0) && at < 1));
  assert.equal(scores.dims[0], positions.length);
});

test("who listens to steps gets the same map, and methods without steps say nothing of them", async () => {
  const { said, explanation } = await steps("rise", { masks: 40, seed: 1 });
  assert.ok(said.length > 0);
  const unheard = await explain(model, image, { method: "rise", masks: 40, seed: 1 });
  assert.deepEqual(explanation.map().data, unheard.map().data);
  for (const method of ["sobol", "rise", "smooth-grad"] as const) {
    const options = method === "rise" ? { masks: 16, interpolation: "bicubic" } : { preset: "speed" };
    assert.deepEqual((await steps(method, options)).said, [], method);
  }
});

function rowsOf(of: Model, { scores }: MaskStep): Float32Array[] {
  const { data, dims } = of.probabilities(scores);
  return Array.from({ length: dims[0] }, (_, n) => data.subarray(n * dims[1], (n + 1) * dims[1]));
}
