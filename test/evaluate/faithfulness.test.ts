import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { complexity } from "../../src/evaluate/complexity.js";
import { trapezoid } from "../../src/evaluate/curve.js";
import { evaluate } from "../../src/evaluate/index.js";
import { irof } from "../../src/evaluate/irof.js";
import { type EvaluatedMap, MetricContext } from "../../src/evaluate/metric-context.js";
import { road } from "../../src/evaluate/road.js";
import { sensitivityMax } from "../../src/evaluate/sensitivity-max.js";
import { srg } from "../../src/evaluate/srg.js";
import type { RawImage } from "../../src/image/types.js";
import { linearImputer } from "../../src/perturb/linear-imputation.js";
import { type AnalyticModel, analyticModel, linearModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";
import { fixture } from "../support/fixtures.js";

const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

async function contextOf(
  model: AnalyticModel,
  picture: RawImage,
  values: ArrayLike<number>,
  { target = 0, ...map }: Partial<EvaluatedMap> & { target?: number } = {},
) {
  const native = Float32Array.from(values);
  const prepared = await model.prepare(picture);
  const setting = { model, prepared, target, seed: 0, counter: { passes: 0 }, cache: new Map() };
  return new MetricContext(setting, { values: native, native, signed: true, seed: 0, score: "probability", ...map });
}

const WEIGHTS = [0.4, 0.3, 0.2, 0.1];
const four = () => linearModel(2, 2, [WEIGHTS, WEIGHTS.map((weight) => 1 - weight)]);
const curve = { steps: 4, baseline: "black", score: "probability" } as const;

describe("symmetric relevance gain", () => {
  it("is the area between both ways of deleting, most of it where the order is right, its negative where it is reversed", async () => {
    const { value, parts } = await srg.measure(await contextOf(four(), plain(2, 2), WEIGHTS), curve);
    near(value, 0.625 - 0.375);
    near(parts?.least as number, 0.625);
    near(parts?.most as number, 0.375);
    near((await srg.measure(await contextOf(four(), plain(2, 2), WEIGHTS.toReversed()), curve)).value, -0.25);
  });

  it("is 0 for a constant map, with a note", async () => {
    const { value, notes } = await srg.measure(await contextOf(four(), plain(2, 2), [3, 3, 3, 3]), curve);
    assert.equal(value, 0);
    assert.match(notes?.[0] ?? "", /constant/);
  });

  it("is 0 where the baseline is the picture itself: what deleting does to every map cancels", async () => {
    const flat = await srg.measure(await contextOf(four(), plain(2, 2), WEIGHTS), { ...curve, baseline: "mean" });
    near(flat.value, 0);
  });
});

describe("ROAD", () => {
  const options = { steps: 3, noise: 0, order: "morf", score: "probability" } as const;

  it("removes nothing from a picture of one colour, as neighbours know it all", async () => {
    const { value, parts } = await road.measure(await contextOf(four(), plain(2, 2), WEIGHTS), options);
    near(value, 1);
    assert.equal(parts?.kept, 0);
  });

  it("fills what it removes from around it: the curve of a linear model follows", async () => {
    const picture = { data: Uint8Array.from([255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0]), width: 2, height: 2 };
    const { curve } = await road.measure(await contextOf(four(), picture, [4, 3, 2, 1]), options);
    near(curve?.y[0] as number, 0.4);
    for (const y of curve?.y.slice(1) ?? []) near(y, 0);
    assert.deepEqual(curve?.x, [0, 0.25, 0.5, 0.75]);
    const kept = await road.measure(await contextOf(four(), picture, [1, 2, 3, 4]), options);
    assert.ok(kept.curve?.y.slice(1).every((y) => y > 0.4));
  });

  it("adds noise of a seed, and leaves known pixels alone", async () => {
    const model = analyticModel({ width: 4, height: 4, labels: ["last", "rest"], score: (image) => [image[15], 0] });
    const map = Array.from({ length: 16 }, (_, i) => 16 - i);
    const noisy = { ...options, score: "logit", noise: 0.1 } as const;
    const picture = plain(4, 4);
    const steady = await road.measure(await contextOf(model, picture, map), noisy);
    assert.deepEqual(steady.curve?.y, [1, 1, 1, 1]);
    const first = await road.measure(await contextOf(model, picture, map.toReversed()), noisy);
    const again = await road.measure(await contextOf(model, picture, map.toReversed()), noisy);
    assert.deepEqual(first, again);
  });

  it("says when a map ranks nothing", async () => {
    const { notes } = await road.measure(await contextOf(four(), plain(2, 2), [0, 0, 0, 0]), options);
    assert.match(notes?.[0] ?? "", /constant/);
  });
});

describe("IROF", () => {
  const options = { segments: "grid", count: 4, baseline: "black", score: "probability" } as const;

  it("is the area over the share of the score that is left, segment by segment", async () => {
    const { value, curve } = await irof.measure(await contextOf(four(), plain(2, 2), WEIGHTS), options);
    for (const [i, y] of [1, 0.6, 0.3, 0.1, 0].entries()) near(curve?.y[i] as number, y);
    near(value, 1 - 0.375);
  });

  it("ranks segments by their mean, not by their largest value", async () => {
    const halves = linearModel(4, 2, [[0.5, 0, 0, 0, 0.5, 0, 0, 0]]);
    const map = [2, 2, 0, 3, 2, 2, 0, 0];
    const two = { ...options, count: 2 };
    near((await irof.measure(await contextOf(halves, plain(4, 2), map), two)).value, 1 - 0.25);
  });

  it("is 0 with a note where there is nothing to lose", async () => {
    const never = linearModel(2, 2, [[0, 0, 0, 0]]);
    const { value, notes } = await irof.measure(await contextOf(never, plain(2, 2), WEIGHTS), options);
    assert.equal(value, 0);
    assert.match(notes?.[0] ?? "", /nothing to lose/);
  });
});

describe("max-sensitivity", () => {
  const options = { draws: 4, radius: 0.1 };
  const sensitivity = async (values: readonly number[], rerun: EvaluatedMap["rerun"]) =>
    (await sensitivityMax.measure(await contextOf(four(), plain(2, 2, 128), values, { rerun }), options)).value;

  it("is the largest of the relative changes", async () => {
    const answers = [
      [3, 4, 0, 0],
      [3, 4, 0, 5],
      [3, 4, 1, 0],
      [3, 4, 0, 0],
    ].map((values) => Float32Array.from(values));
    near(await sensitivity([3, 4, 0, 0], async () => answers.shift() as Float32Array), 1);
  });

  it("moves every value of the picture by a share of its range, and no further", async () => {
    const picture = { data: Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 51, 51, 51]), width: 2, height: 2 };
    const original = (await four().prepare(picture)).tensor.data;
    const moves: number[] = [];
    const rerun: EvaluatedMap["rerun"] = async ({ input }) => {
      input?.data.forEach((value, i) => {
        moves.push(Math.abs(value - original[i]));
      });
      return Float32Array.from(WEIGHTS);
    };
    await sensitivityMax.measure(await contextOf(four(), picture, WEIGHTS, { rerun }), { draws: 20, radius: 0.1 });
    const largest = Math.max(...moves);
    assert.ok(largest <= 0.1 + 1e-6 && largest > 0.09, `${largest}`);
  });

  it("is 0 for a map that stays, zeros included, and infinite where zeros move", async () => {
    assert.equal(await sensitivity([0, 0, 0, 0], async () => new Float32Array(4)), 0);
    assert.equal(await sensitivity(WEIGHTS, async () => Float32Array.from(WEIGHTS)), 0);
    assert.equal(await sensitivity([0, 0, 0, 0], async () => Float32Array.of(1, 0, 0, 0)), Number.POSITIVE_INFINITY);
  });

  it("refuses a map that nothing can make again", async () => {
    await assert.rejects(
      sensitivity(WEIGHTS, undefined),
      (error: SightlineError) => error instanceof SightlineError && error.code === "not-supported",
    );
  });
});

describe("complexity", () => {
  const of = async (values: readonly number[]) => complexity.measure(await contextOf(four(), plain(2, 2), values), {});

  it("is 0 for one pixel and the logarithm of their number for all alike, whatever the sign and the scale", async () => {
    near((await of([0, -7, 0, 0])).value, 0);
    for (const value of [-1, 1e-20, 3]) near((await of([value, value, value, value])).value, Math.log(4));
    near((await of([1, 1, 0, 0])).parts?.share as number, 0.5);
  });

  it("counts zeros as even, and says so", async () => {
    const { value, notes } = await of([0, 0, 0, 0]);
    near(value, Math.log(4));
    assert.match(notes?.[0] ?? "", /zero everywhere/);
  });
});

describe("the random baselines", () => {
  it("of srg, road and irof are beaten by a map that is right, and not by one that is random", async () => {
    const size = 12;
    const inside = Array.from({ length: size * size }, (_, i) => +(i % size < 4 && i < 4 * size));
    const model = linearModel(size, size, [inside.map((one) => one / 16), inside.map((one) => (1 - one) / 128)]);
    const data = Uint8Array.from(inside.flatMap((one) => [255 * one, 255 * one, 255 * one]));
    const picture = { data, width: size, height: size };
    const metrics = ["srg", "road", { name: "irof", segments: "grid", count: 36, baseline: "black" }] as const;
    const right = handmade(model, picture, { data: inside, width: size, height: size });
    const result = await evaluate(model, picture, right, { metrics, nulls: 9 });
    for (const name of ["srg", "road", "irof"]) assert.equal(result.get(name).nulls?.chance, 0.1, name);
    const wrong = handmade(model, picture, { data: inside.map((_, i) => i), width: size, height: size });
    const other = await evaluate(model, picture, wrong, { metrics, nulls: 9 });
    for (const name of ["srg", "road", "irof"]) assert.ok((other.get(name).nulls?.chance ?? 0) > 0.2, name);
  });
});

interface Reference {
  side: number;
  target: number;
  pixels: number[];
  weights: number[][];
  map: number[];
  moved: number[][];
  expected: {
    most: number[];
    least: number[];
    road: { kept: number; scores: number[]; filled: number[] };
    irof: number;
    sensitivity: number;
    complexity: number;
  };
}

describe("values of Quantus on the same map", async () => {
  const reference: Reference = JSON.parse(await readFile(fixture("evaluate/metrics.json"), "utf8"));
  const { side, target, expected, map } = reference;
  const picture = {
    data: Uint8Array.from(reference.pixels.flatMap((grey) => [grey, grey, grey])),
    width: side,
    height: side,
  };
  const model = analyticModel({
    width: side,
    height: side,
    labels: ["a", "b", "c"],
    score: (image) => reference.weights.map((row) => row.reduce((sum, weight, i) => sum + weight * image[i], 0)),
  });
  const context = () => contextOf(model, picture, map, { target });

  it("are those of srg: both curves of pixel flipping", async () => {
    const { parts } = await srg.measure(await context(), { ...curve, steps: 16 });
    const before = await (await context()).score();
    const area = (scores: number[]) => {
      const y = [before, ...scores];
      return trapezoid({ x: y.map((_, i) => i / scores.length), y });
    };
    near(parts?.most as number, area(expected.most), 1e-5);
    near(parts?.least as number, area(expected.least), 1e-5);
  });

  it("are those of ROAD: pictures filled, scores and the share of them that keep the class", async () => {
    const order = map.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value);
    const hidden = new Uint8Array(map.length);
    for (const { i } of order.slice(0, Math.floor(map.length * 0.9))) hidden[i] = 1;
    const { data } = (await model.prepare(picture)).tensor;
    const filled = linearImputer(hidden, side, side)(data.slice(0, map.length));
    for (const [i, value] of filled.entries()) near(value, expected.road.filled[i], 1e-5);
    const options = { steps: 9, noise: 0, order: "morf", score: "probability" } as const;
    const { parts, curve } = await road.measure(await context(), options);
    near(parts?.kept as number, expected.road.kept);
    for (const [i, score] of expected.road.scores.entries()) near(curve?.y[i + 1] as number, score, 1e-5);
  });

  it("are those of IROF, whose area is in segments and starts after the first one", async () => {
    const options = { segments: "grid", count: 16, baseline: "black", score: "probability" } as const;
    const { curve } = await irof.measure(await context(), options);
    const left = curve?.y.slice(1) as number[];
    near(left.length - trapezoid({ x: left.map((_, i) => i), y: left }), expected.irof, 1e-4);
  });

  it("are those of max-sensitivity, for maps made again", async () => {
    const answers = reference.moved.map((values) => Float32Array.from(values));
    const rerun = async () => answers.shift() as Float32Array;
    const { value } = await sensitivityMax.measure((await context()).with({ rerun }), { draws: 5, radius: 0.02 });
    near(value, expected.sensitivity, 1e-5);
  });

  it("are those of complexity", async () => {
    near((await complexity.measure(await context(), {})).value, expected.complexity, 1e-5);
  });
});
