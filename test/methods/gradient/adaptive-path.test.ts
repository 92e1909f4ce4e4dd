import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson, sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import { adaptivePath } from "../../../src/methods/gradient/adaptive-path.js";
import { MODEL_INPUT } from "../../../src/model/input-gradient.js";
import { analyticSubject } from "../../support/analytic-subject.js";
import { CLASS, gradientNetworks, option } from "../../support/gradient-networks.js";
import { savedModel, tinyCnn } from "../../support/models.js";
import { fails } from "../../support/tensors.js";

const { mapOf, of } = gradientNetworks();

/** A picture of four pixels whose score is some function of their sum; it keeps the places that are asked for. */
function subjectOf(score: (t: number) => number, slope: (t: number) => number) {
  const asked: number[] = [];
  const subject = analyticSubject({ width: 2, height: 2, score: (pixels) => [score(sum(pixels) / 4)] });
  const gradient = async ({ data, dims }: Tensor) => {
    const t = sum(data) / 4;
    asked.push(t);
    return {
      scores: { data: Float32Array.of(score(t)), dims: [1, 1] },
      gradients: new Map([[MODEL_INPUT, { data: data.map(() => slope(t) / 4), dims }]]),
      activations: new Map(),
    };
  };
  return { subject: { ...subject, gradient }, asked };
}

/** All notes of a run that came as near as was asked for. */
const COMPLETE = ["the picture came as a tensor"];
const BLACK = { data: new Float32Array(4), dims: [1, 1, 2, 2] };
const WANTED = { target: 0, baseline: BLACK, score: "logit", completeness: 0.01, maxSteps: 200 } as const;
const run = (subject: Parameters<typeof adaptivePath>[0], options: object = {}) =>
  adaptivePath(subject, { ...WANTED, progress: () => {}, ...options });

test("until completeness, attributions add up within it in fewer passes than even steps take", async () => {
  for (const network of ["resnet", "mobilenet", "transformer", "windows", "next"] as const) {
    const { model, x } = of(network);
    const [score, base] = [await model.run(x), await model.run(model.fill([0, 0, 0]))].map(({ data }) => data[CLASS]);
    const { data, explanation } = await mapOf(network, "integrated-gradients", { until: { completeness: 0.01 } });
    const [gap] = option<number[]>(explanation, "completenessGap");
    assert.ok(Math.abs(gap) <= 0.01 * Math.abs(score - base), `${network}: ${gap} of ${score - base}`);
    assert.ok(Math.abs(score - base - sum(data) - gap) < 1e-3 * Math.abs(score - base));
    const { backwardPasses, notes } = explanation.provenance;
    assert.equal(backwardPasses, option<number>(explanation, "steps"));
    assert.ok(backwardPasses < 50, `${network}: ${backwardPasses} passes`);
    assert.deepEqual(notes, COMPLETE);
  }
});

test("the map is that of many even steps where the score is smooth", async () => {
  const until = await mapOf("transformer", "integrated-gradients", { until: { completeness: 1e-3 } });
  const even = await mapOf("transformer", "integrated-gradients", { steps: 200 });
  assert.ok(pearson(until.data, even.data) > 0.999);
  assert.equal(option(until.explanation, "quadrature"), "adaptive trapezoid");
});

test("steps gather where the score bends, wherever that is", async () => {
  for (const bend of [0.07, 0.31, 0.5, 0.82, 0.97]) {
    const score = (t: number) => 1 / (1 + Math.exp(-60 * (t - bend)));
    const { subject, asked } = subjectOf(score, (t) => 60 * score(t) * (1 - score(t)));
    const { gap, difference, steps } = await run(subject);
    assert.ok(Math.abs(gap) <= 0.01 * difference);
    assert.equal(steps, asked.length);
    const near = asked.filter((t) => Math.abs(t - bend) < 0.15).length;
    assert.ok(near >= asked.length / 2, `${near} of ${asked.length} near ${bend}`);
  }
});

test("a straight score takes three points, one that never changes as many, and one that the rule cannot meet the most", async () => {
  const straight = subjectOf(
    (t) => 3 * t,
    () => 3,
  );
  assert.deepEqual([...(await run(straight.subject)).sum], [0.75, 0.75, 0.75, 0.75]);
  assert.equal(straight.asked.length, 3);
  const still = subjectOf(
    () => 2,
    () => 0,
  );
  assert.equal((await run(still.subject)).steps, 3);
  const wrong = subjectOf(
    (t) => t,
    () => 2,
  );
  assert.equal((await run(wrong.subject, { maxSteps: 9 })).steps, 9);
});

test("what is not reached is said", async () => {
  const { explanation } = await mapOf("resnet", "integrated-gradients", { until: { completeness: 1e-9 }, maxSteps: 6 });
  assert.equal(option<number>(explanation, "steps"), 6);
  assert.match(
    explanation.provenance.notes.join("\n"),
    /\n6 steps leave a completeness gap of \S+ of \S+: allow more with maxSteps$/,
  );
});

test("several baselines and classes are completed each for itself", async () => {
  const { model, x } = of("next");
  const options = { targets: [0, CLASS], baseline: ["black", "white"], until: { completeness: 0.05 } } as const;
  const { provenance } = await explain(model, x, { method: "integrated-gradients", ...options });
  const gaps = provenance.options.completenessGap as number[];
  assert.equal(gaps.length, 4);
  assert.deepEqual(provenance.notes, COMPLETE);
});

test("options that make no sense are refused", async () => {
  for (const [options, words] of [
    [{ until: 0.01 }, /until is 0.01: expected an object with completeness/],
    [{ until: {} }, /until has no completeness/],
    [{ until: { completeness: 0 } }, /cannot use completeness 0/],
    [{ until: { completeness: Number.NaN } }, /cannot use completeness NaN/],
    [{ until: { completeness: 0.01 }, tolerance: 0.1 }, /until and tolerance were both given/],
  ] as const) {
    await assert.rejects(mapOf("next", "integrated-gradients", options), fails("bad-config", words));
  }
  await assert.rejects(
    mapOf("next", "integrated-gradients", { until: { complete: 0.01 } }),
    fails("unknown-option", /unknown option 'complete' of until.*'completeness'/),
  );
});

test("behind a softmax probabilities are completed, logits refused", async () => {
  await using model = await loadModel(savedModel(tinyCnn({ activation: "softmax" })), { threads: 1 });
  const x = model.fill([200, 90, 20]);
  const options = { method: "integrated-gradients", until: { completeness: 0.01 } } as const;
  await assert.rejects(explain(model, x, options), fails("not-supported", /ends in a softmax.*score: 'probability'/));
  const { provenance } = await explain(model, x, { ...options, score: "probability" });
  assert.deepEqual(provenance.notes, COMPLETE);
});
