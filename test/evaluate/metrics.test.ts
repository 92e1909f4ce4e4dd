import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { adcc } from "../../src/evaluate/adcc.js";
import { agreement } from "../../src/evaluate/agreement.js";
import { averageDrop } from "../../src/evaluate/average-drop.js";
import { completeness } from "../../src/evaluate/completeness.js";
import { curveDefaults } from "../../src/evaluate/curve.js";
import { deletion } from "../../src/evaluate/deletion.js";
import { infidelity } from "../../src/evaluate/infidelity.js";
import { insertion } from "../../src/evaluate/insertion.js";
import { iou } from "../../src/evaluate/iou.js";
import { type EvaluatedMap, MetricContext, normalised } from "../../src/evaluate/metric-context.js";
import { pointing, pointsAt } from "../../src/evaluate/pointing.js";
import { massInside, relevanceMass } from "../../src/evaluate/relevance-mass.js";
import { rankInside, relevanceRank } from "../../src/evaluate/relevance-rank.js";
import { stability } from "../../src/evaluate/stability.js";
import { type AnalyticModel, linearModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";

const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

async function contextOf(
  model: AnalyticModel,
  values: readonly number[],
  { region, ...map }: Partial<EvaluatedMap> & { region?: readonly number[] } = {},
) {
  const { width, height } = model.info.input;
  const prepared = await model.prepare(plain(width, height));
  const native = Float32Array.from(values);
  const setting = {
    model,
    prepared,
    target: 0,
    seed: 0,
    counter: { passes: 0 },
    cache: new Map(),
    region: region && Uint8Array.from(region),
  };
  return new MetricContext(setting, { values: native, native, signed: false, seed: 0, score: "probability", ...map });
}

const WEIGHTS = [0.4, 0.3, 0.2, 0.1];
const model = () => linearModel(2, 2, [WEIGHTS, WEIGHTS.map((weight) => 1 - weight)]);

describe("insertion and deletion", () => {
  const four = { ...curveDefaults, steps: 4 };

  it("follow the sums of a linear model's weights, most relevant first", async () => {
    const inserted = await insertion.measure(await contextOf(model(), WEIGHTS), four);
    for (const [i, y] of [0, 0.4, 0.7, 0.9, 1].entries()) near(inserted.curve?.y[i] as number, y);
    near(inserted.value, 0.625);
    const deleted = await deletion.measure(await contextOf(model(), WEIGHTS), four);
    for (const [i, y] of [1, 0.6, 0.3, 0.1, 0].entries()) near(deleted.curve?.y[i] as number, y);
    near(deleted.value, 0.375);
  });

  it("turn round when the least relevant pixels go first", async () => {
    const options = { ...four, order: "lerf" } as const;
    near((await insertion.measure(await contextOf(model(), WEIGHTS), options)).value, 0.375);
    near((await deletion.measure(await contextOf(model(), WEIGHTS), options)).value, 0.625);
  });

  it("depend on the order of values alone: floats beyond a byte, negative ones and tiny differences keep theirs", async () => {
    for (const values of [
      [900, 300, 257, 1],
      [-1, -2, -3, -4],
      [1.0003, 1.0002, 1.0001, 1],
    ]) {
      near((await insertion.measure(await contextOf(model(), values), four)).value, 0.625);
    }
  });

  it("take ties in the order of the pixels, both ways, and say when a map ranks nothing", async () => {
    const constant = await contextOf(model(), [5, 5, 5, 5]);
    const morf = await insertion.measure(constant, four);
    near(morf.value, 0.625);
    assert.match(morf.notes?.[0] ?? "", /constant/);
    near((await insertion.measure(constant, { ...four, order: "lerf" })).value, 0.625);
    assert.deepEqual((await insertion.measure(await contextOf(model(), WEIGHTS), four)).notes, []);
  });

  it("cost one forward pass a point", async () => {
    const counted = model();
    const context = await contextOf(counted, WEIGHTS);
    await deletion.measure(context, { ...four, steps: 7 });
    assert.equal(counted.passes, 8);
    assert.equal(context.setting.counter.passes, 8);
  });

  it("start insertion from the mean colour or from the blurred picture when asked", async () => {
    const flat = await insertion.measure(await contextOf(model(), WEIGHTS), { ...four, baseline: "mean" });
    near(flat.value, 1);
    const blurred = await deletion.measure(await contextOf(model(), WEIGHTS), { ...four, baseline: "blur" });
    near(blurred.value, 1);
  });
});

describe("average drop", () => {
  it("is what the score loses when the picture is seen through its map", async () => {
    const { value, parts } = await averageDrop.measure(await contextOf(model(), [1, 0.5, 0, 0]), { baseline: "black" });
    near(value, 1 - (0.4 + 0.15));
    assert.equal(parts?.increase, 0);
  });

  it("is 0 with an increase when the map hides what speaks against the class", async () => {
    const against = linearModel(2, 1, [[0.9, -0.4]]);
    const { value, parts } = await averageDrop.measure(await contextOf(against, [1, 0]), { baseline: "black" });
    assert.equal(value, 0);
    assert.equal(parts?.increase, 1);
  });

  it("leaves the negative evidence of a signed map out", () => {
    const values = Float32Array.of(-3, 0, 1, 2);
    assert.deepEqual([...normalised({ values, signed: true })], [0, 0, 0.5, 1]);
    near(normalised({ values, signed: false })[1], 0.6);
    assert.deepEqual([...normalised({ values: Float32Array.of(2, 2), signed: false })], [0, 0]);
  });
});

describe("average drop of maps that show nothing", () => {
  const drop = async (values: readonly number[], signed = false) =>
    (await averageDrop.measure(await contextOf(model(), values, { signed }), { baseline: "black" })).value;

  it("is all for constant maps and for signed maps without positive evidence", async () => {
    for (const value of [-1, 0, 3]) assert.equal(await drop([value, value, value, value]), 1);
    assert.equal(await drop([-1, -2, -3, -4], true), 1);
  });

  it("shows of an unsigned map below 0 what it would show above", async () => {
    near(await drop([-1, -2, -3, -4]), await drop([4, 3, 2, 1]));
  });

  it("is 0 where there is no probability to lose", async () => {
    const never = linearModel(2, 2, [[0, 0, 0, 0]]);
    const { value } = await averageDrop.measure(await contextOf(never, WEIGHTS), { baseline: "black" });
    assert.equal(value, 0);
  });
});

describe("ADCC", () => {
  it("is the harmonic mean of its three parts", async () => {
    const rerun = async () => Float32Array.of(0, 0, 0.5, 1);
    const context = await contextOf(model(), [1, 0.5, 0, 0], { rerun });
    const { value, parts } = await adcc.measure(context, { baseline: "black" });
    near(parts?.complexity as number, 0.375);
    near(parts?.drop as number, 0.45);
    const [a, b] = [
      [1, 0.5, 0, 0],
      [0, 0, 0.5, 1],
    ].map((row) => row.map((v) => v - 0.375));
    const pearson = a.reduce((s, v, i) => s + v * b[i], 0) / a.reduce((s, v) => s + v * v, 0);
    near(parts?.coherency as number, (pearson + 1) / 2);
    near(value, 3 / (1 / ((pearson + 1) / 2) + 1 / 0.625 + 1 / 0.55));
  });

  it("shows the method what its own map shows", async () => {
    let seen: Float32Array | undefined;
    const context = await contextOf(model(), [1, 0.5, 0, 0], {
      rerun: async ({ input }) => {
        seen = input?.data;
        return Float32Array.of(1, 0.5, 0, 0);
      },
    });
    const { parts } = await adcc.measure(context, { baseline: "black" });
    assert.deepEqual([...(seen as Float32Array).subarray(0, 4)], [1, 0.5, 0, 0]);
    near(parts?.coherency as number, 1);
  });

  it("is 0, not NaN, for a constant map, which shows nothing and so keeps nothing", async () => {
    const rerun = async () => Float32Array.of(5, 5, 5, 5);
    for (const map of [{}, { rerun }]) {
      const { value, parts } = await adcc.measure(await contextOf(model(), [1, 1, 1, 1], map), { baseline: "black" });
      assert.equal(value, 0);
      assert.deepEqual(parts, { coherency: 1, complexity: 0, drop: 1 });
    }
  });

  it("finds half a coherence between a map and a constant one", async () => {
    const context = await contextOf(model(), [1, 0.5, 0, 0], { rerun: async () => new Float32Array(4) });
    assert.equal((await adcc.measure(context, { baseline: "black" })).parts?.coherency, 0.5);
  });
});

describe("pointing", () => {
  const region = Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const peakAt = (pixel: number) => Float32Array.from({ length: 9 }, (_, i) => +(i === pixel));

  it("hits inside, and outside within the tolerance's circle", () => {
    assert.equal(pointsAt(peakAt(4), region, 3, 0), 1);
    assert.equal(pointsAt(peakAt(3), region, 3, 0), 0);
    assert.equal(pointsAt(peakAt(3), region, 3, 1), 1);
    assert.equal(pointsAt(peakAt(0), region, 3, 1), 0);
    assert.equal(pointsAt(peakAt(0), region, 3, 1.5), 1);
  });

  it("does not reach round the picture's edge", () => {
    const right = Uint8Array.from([0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert.equal(pointsAt(peakAt(3), right, 3, 1), 0);
  });

  it("points by chance where the map is constant", () => {
    near(pointsAt(new Float32Array(9).fill(7), region, 3, 0), 1 / 9);
  });

  it("points at the least negative value where all are negative, with no energy inside", async () => {
    const context = await contextOf(model(), [-1, -2, -3, -4], { region: [1, 0, 0, 0], signed: true });
    const { value, parts } = await pointing.measure(context, { tolerance: 0 });
    assert.deepEqual([value, parts], [1, { energy: 0 }]);
  });

  it("takes 15 pixels of tolerance unless told, and reports the energy inside", async () => {
    assert.equal(pointing.defaults.tolerance, 15);
    const context = await contextOf(model(), [3, 1, -5, 0], { region: [1, 0, 0, 0] });
    const { value, parts } = await pointing.measure(context, { tolerance: 0 });
    assert.equal(value, 1);
    near(parts?.energy as number, 0.75);
  });
});

describe("IoU, relevance mass and rank", () => {
  it("agree with a case counted by hand", async () => {
    const context = await contextOf(model(), [5, 4, 1, 0], { region: [1, 0, 1, 0] });
    near((await relevanceMass.measure(context, {})).value, 0.6);
    near((await relevanceRank.measure(context, {})).value, 0.5);
    near((await iou.measure(context, {})).value, 1 / 3);
  });

  it("do not let the order of equal values decide", () => {
    const region = Uint8Array.from([0, 0, 1, 1]);
    near(rankInside(new Float32Array(4), region), 0.5);
    near(rankInside(Float32Array.of(1, 1, 1, 2), region), (1 + 1 / 3) / 2);
  });

  it("count no evidence where there is none", () => {
    const region = Uint8Array.from([1, 1, 0, 0]);
    assert.equal(massInside(Float32Array.of(-1, -2, -3, 0), region), 0);
  });

  it("give a constant map the object's share of the picture, as any order of equals would on average", async () => {
    const context = await contextOf(model(), [3, 3, 3, 3], { region: [1, 0, 0, 0] });
    near((await relevanceMass.measure(context, {})).value, 0.25);
    near((await relevanceRank.measure(context, {})).value, 0.25);
    near((await iou.measure(context, {})).value, 0.25 / 1.75);
  });

  it("rank negative values like others", async () => {
    const context = await contextOf(model(), [-1, -2, -3, -4], { region: [1, 1, 0, 0] });
    assert.equal((await relevanceRank.measure(context, {})).value, 1);
    assert.equal((await iou.measure(context, {})).value, 1);
    assert.equal((await relevanceMass.measure(context, {})).value, 0);
  });

  it("stay within 0 and 1, and are 1 for the region itself", () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    const cases = fc.array(fc.tuple(value, fc.boolean()), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(cases, (pixels) => {
        const region = Uint8Array.from(pixels, ([, inside]) => +inside);
        fc.pre(region.includes(1));
        const values = Float32Array.from(pixels, ([one]) => one);
        for (const found of [massInside(values, region), rankInside(values, region)]) {
          assert.ok(found >= 0 && found <= 1 + 1e-9);
        }
        assert.equal(massInside(Float32Array.from(region), region), 1);
        assert.equal(rankInside(Float32Array.from(region), region), 1);
      }),
      { seed: 3 },
    );
  });
});

describe("completeness", () => {
  it("has no gap when a linear model's contributions are the map", async () => {
    const { value, parts } = await completeness.measure(await contextOf(model(), WEIGHTS), {});
    near(value, 0);
    near(parts?.difference as number, 1);
  });

  it("is the share of the score that is missing", async () => {
    const { value } = await completeness.measure(await contextOf(model(), [0.4, 0.3, 0, 0]), {});
    near(value, 0.3);
  });

  it("adds negative evidence as it stands, and knows nothing of a constant map", async () => {
    near((await completeness.measure(await contextOf(model(), [0.9, 0.5, -0.3, -0.1]), {})).value, 0);
    near((await completeness.measure(await contextOf(model(), [0.25, 0.25, 0.25, 0.25]), {})).value, 0);
    near((await completeness.measure(await contextOf(model(), [0, 0, 0, 0]), {})).value, 1);
  });

  it("takes the method's own baseline where it is known", async () => {
    const context = await contextOf(model(), WEIGHTS, { baseline: "mean" });
    const { parts, notes } = await completeness.measure(context, {});
    near(parts?.difference as number, 0);
    assert.match(notes?.[0] ?? "", /mean/);
    const several = await completeness.measure(await contextOf(model(), WEIGHTS, { baseline: ["black", "white"] }), {});
    near(several.parts?.difference as number, 0.5);
  });
});

describe("infidelity", () => {
  const options = { samples: 20, size: 0.5, baseline: "black", scale: false } as const;
  const grid = Array.from({ length: 16 }, (_, i) => ((i * 7) % 16) / 120);
  const linear = () => linearModel(4, 4, [grid]);

  it("is 0 for the contributions of a linear model", async () => {
    const { value, parts } = await infidelity.measure(await contextOf(linear(), grid), options);
    near(value, 0, 1e-12);
    near(parts?.correlation as number, 1);
  });

  it("forgives a factor when asked to, and only then", async () => {
    const tenfold = await contextOf(
      linear(),
      grid.map((value) => 10 * value),
    );
    assert.ok((await infidelity.measure(tenfold, options)).value > 1);
    const scaled = await infidelity.measure(tenfold, { ...options, scale: true });
    near(scaled.value, 0, 1e-12);
    near(scaled.parts?.scale as number, 0.1);
  });

  it("is relative 1 for a map of zeros, and of a constant map correlates nothing", async () => {
    for (const scale of [false, true]) {
      const zeros = await contextOf(linear(), new Array(16).fill(0));
      const { parts } = await infidelity.measure(zeros, { ...options, scale });
      near(parts?.relative as number, 1);
      assert.equal(parts?.correlation, 0);
    }
    const constant = await infidelity.measure(await contextOf(linear(), new Array(16).fill(0.1)), options);
    assert.equal(constant.parts?.correlation, 0);
    assert.ok((constant.parts?.relative as number) > 0);
  });

  it("takes a map for its negative when it may scale, and not otherwise", async () => {
    const negative = await contextOf(
      linear(),
      grid.map((value) => -value),
    );
    const scaled = await infidelity.measure(negative, { ...options, scale: true });
    near(scaled.value, 0, 1e-12);
    near(scaled.parts?.scale as number, -1);
    near(scaled.parts?.correlation as number, -1);
    near((await infidelity.measure(negative, options)).parts?.relative as number, 4);
  });

  it("is relative 1 where removing changes nothing and the map says so, infinite where it does not", async () => {
    const blind = () => linearModel(4, 4, [new Array(16).fill(0)]);
    const relative = async (values: number[], scale: boolean) =>
      (await infidelity.measure(await contextOf(blind(), values), { ...options, scale })).parts?.relative;
    assert.equal(await relative(new Array(16).fill(0), false), 1);
    assert.equal(await relative(grid, true), 1);
    assert.equal(await relative(grid, false), Number.POSITIVE_INFINITY);
  });

  it("asks the model once for all maps of a picture", async () => {
    const counted = linear();
    const context = await contextOf(counted, grid);
    await infidelity.measure(context, options);
    assert.equal(counted.passes, 21);
    await infidelity.measure(context.with({ values: new Float32Array(16) }), options);
    assert.equal(counted.passes, 21);
  });
});

describe("stability", () => {
  const options = { seeds: 2, draws: 3, noise: 0.1 };

  it("is the lower of the rank correlations over seeds and over noise", async () => {
    const context = await contextOf(model(), WEIGHTS, {
      rerun: async ({ seed }) => Float32Array.from(WEIGHTS, (weight) => (seed === undefined ? -weight : weight ** 2)),
    });
    const { value, parts } = await stability.measure(context, options);
    assert.deepEqual(parts, { seeds: 1, noise: -1 });
    assert.equal(value, -1);
  });

  it("explains as often as asked, noise of the size asked for, the same every time", async () => {
    const seen: Float32Array[] = [];
    const seeds: (number | undefined)[] = [];
    const size = 32;
    const big = linearModel(size, size, [new Array(size * size).fill(0)]);
    const image = plain(size, size, 0);
    image.data.fill(255, 0, 3);
    const { tensor } = await big.prepare(image);
    const context = await contextOf(big, new Array(size * size).fill(0), {
      rerun: async ({ input, seed }) => {
        if (input) seen.push(input.data);
        seeds.push(seed);
        return new Float32Array(size * size);
      },
    });
    Object.assign(context.setting, { prepared: { ...context.setting.prepared, tensor } });
    await stability.measure(context, options);
    await stability.measure(context, options);
    assert.deepEqual(seeds, [1, 2, undefined, undefined, undefined, 1, 2, undefined, undefined, undefined]);
    assert.deepEqual(seen[0], seen[3]);
    assert.notDeepEqual(seen[0], seen[1]);
    const variance = seen[0].reduce((sum, value, i) => sum + (value - tensor.data[i]) ** 2, 0) / seen[0].length;
    near(Math.sqrt(variance), 0.1, 0.005);
  });

  it("is 1 for a constant map that stays constant, and 0 with a note where only one of two is constant", async () => {
    const ones = [1, 1, 1, 1];
    const again = (values: readonly number[]) => ({ rerun: async () => Float32Array.from(values) });
    const stays = await stability.measure(await contextOf(model(), ones, again([7, 7, 7, 7])), options);
    assert.equal(stays.value, 1);
    assert.deepEqual(stays.notes, []);
    for (const [values, other] of [
      [ones, WEIGHTS],
      [WEIGHTS, ones],
    ]) {
      const { value, notes } = await stability.measure(await contextOf(model(), values, again(other)), options);
      assert.equal(value, 0);
      assert.match(notes?.[0] ?? "", /5 of 5 .* constant/);
    }
  });

  it("refuses to compare nothing", async () => {
    const context = await contextOf(model(), WEIGHTS, { rerun: async () => new Float32Array(4) });
    await assert.rejects(async () => stability.measure(context, { seeds: 0, draws: 0, noise: 0 }), {
      code: "bad-config",
    });
  });
});

describe("agreement", () => {
  it("compares every pair by ranks and by the largest values", () => {
    const maps = [
      [4, 3, 2, 1],
      [40, 30, 20, 10],
      [1, 2, 3, 4],
      [0, 0, 0, 0],
    ].map((row) => Float32Array.from(row));
    const { spearman, overlap } = agreement(["a", "b", "c", "d"], maps, 0.5);
    assert.deepEqual(spearman[0], [1, 1, -1, 0]);
    assert.deepEqual(overlap[0].slice(0, 3), [1, 1, 0]);
    near(overlap[0][3], 1 / 3);
    assert.deepEqual(
      spearman.map((row, i) => row[i]),
      [1, 1, 1, 1],
    );
  });

  it("finds two constant maps the same", () => {
    const { spearman, overlap } = agreement(["a", "b"], [new Float32Array(4), new Float32Array(4).fill(2)], 0.5);
    assert.deepEqual([spearman[0][1], overlap[0][1]], [1, 1]);
  });

  it("refuses maps with values that are not finite", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => agreement(["a", "b"], [Float32Array.of(1, 2), Float32Array.of(1, value)]), {
        code: "not-finite",
        message: /map of b/,
      });
    }
  });
});
