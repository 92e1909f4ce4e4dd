import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { displaySymbol } from "../../src/core/display.js";
import { random } from "../../src/core/random.js";
import { objectRegion } from "../../src/evaluate/ground-truth.js";
import { type EvaluateOptions, evaluate, metrics, summarise } from "../../src/evaluate/index.js";
import { centredGaussian, randomField, rearranged } from "../../src/evaluate/random-baseline.js";
import { explain } from "../../src/explain/explain.js";
import type { PreparedImage } from "../../src/image/types.js";
import { analyticModel, blobModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";

const SIZE = 24;
const BLOB = { x: 3, y: 14, width: 6, height: 5 };
const inBlob = (i: number) => {
  const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
  return x >= BLOB.x && x < BLOB.x + BLOB.width && y >= BLOB.y && y < BLOB.y + BLOB.height;
};
const mask = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => +inBlob(i));
const blob = () => blobModel(SIZE, SIZE, BLOB);
const image = plain(SIZE, SIZE);
const truth = { data: mask, width: SIZE, height: SIZE };
const wrong = { data: Array.from(mask).reverse(), width: SIZE, height: SIZE };

describe("evaluate", () => {
  it("finds the map of a blob detector better than maps that know nothing, in every metric", async () => {
    const model = blob();
    const map = await explain(model, image, {
      method: "occlusion",
      targets: "blob",
      window: 4,
      stride: 2,
      fill: "black",
    });
    const result = await evaluate(model, image, map, {
      mask,
      metrics: [
        "insertion",
        "deletion",
        "average-drop",
        "adcc",
        "iou",
        "relevance-mass",
        "relevance-rank",
        "infidelity",
      ],
    });
    for (const { metric, better, value, nulls } of result.rows[0].measurements) {
      assert.ok(nulls, metric);
      const all = [...nulls.regions, nulls.centre];
      const beaten = all.every((other) => (better === "higher" ? value > other : value < other));
      assert.ok(beaten, `${metric}: ${value} against ${nulls.mean}, ${nulls.centre}`);
      assert.equal(nulls.chance, 1 / (1 + nulls.regions.length));
    }
  });

  it("finds a map in the wrong place no better than chance", async () => {
    const model = blob();
    const result = await evaluate(model, image, handmade(model, image, wrong), { mask });
    for (const metric of ["insertion", "deletion", "iou", "relevance-mass", "relevance-rank"]) {
      const { nulls } = result.get(metric);
      assert.ok(nulls && nulls.chance > 0.2, `${metric}: ${nulls?.chance}`);
    }
    assert.equal(result.get("iou").value, 0);
  });

  it("gives the same numbers again for a seed, and other nulls for another", async () => {
    const model = blob();
    const map = handmade(model, image, truth);
    const run = async (seed: number) => {
      const { nulls } = (await evaluate(model, image, map, { metrics: ["insertion"], seed, nulls: 4 })).get(
        "insertion",
      );
      return nulls?.regions;
    };
    assert.deepEqual(await run(3), await run(3));
    assert.notDeepEqual(await run(3), await run(4));
  });

  it("spends the passes it reports, and shares nulls of ranks among the maps of a picture", async () => {
    const model = blob();
    const maps = [handmade(model, image, truth), handmade(model, image, wrong)];
    const options: EvaluateOptions = { metrics: [{ name: "insertion", steps: 9 }], nulls: 5 };
    const result = await evaluate(model, image, maps, options);
    const [first, second] = result.rows.map(({ measurements }) => measurements[0].passes);
    assert.equal(first, 10 * (1 + 5 + 1));
    assert.equal(second, 10);
    assert.equal(model.passes, first + second);
  });

  it("judges the nulls of weighed evidence by each map's own score and sign", async () => {
    const model = analyticModel({ width: SIZE, height: SIZE, labels: ["a", "b"], score: ([first]) => [3 * first, 0] });
    const [one, other] = [handmade(model, image, truth, { score: "logit" }), handmade(model, image, truth)];
    const options: EvaluateOptions = { metrics: ["infidelity"], nulls: 2 };
    const alone = (await evaluate(model, image, other, options)).get("infidelity");
    const after = (await evaluate(model, image, [one, other], options)).get("infidelity", "by-hand (2)");
    assert.deepEqual(after.nulls, alone.nulls);
  });

  it("counts the passes of methods that it runs again", async () => {
    const model = blob();
    const map = await explain(model, image, { method: "occlusion", targets: 0, window: 12, stride: 12, fill: "black" });
    const before = model.passes;
    const { passes } = (await evaluate(model, image, map, { metrics: ["stability"] })).get("stability");
    assert.equal(passes, model.passes - before);
    assert.ok(passes > 4);
  });

  it("runs a method again with the options that its explanation had", async () => {
    const model = blob();
    const options = { method: "rise", masks: 64, cells: 3, targets: 0 } as const;
    const one = await explain(model, image, { ...options, seed: 5 });
    const { parts } = (await evaluate(model, image, one, { metrics: [{ name: "stability", seeds: 1, draws: 0 }] })).get(
      "stability",
    );
    const other = await explain(model, image, { ...options, seed: 6 });
    const { agreement } = await evaluate(model, image, [one, other], { metrics: ["agreement"] });
    assert.ok(Math.abs((parts?.seeds as number) - (agreement?.spearman[0][1] as number)) < 1e-9);
  });

  it("upsamples coarse maps to the model's input", async () => {
    const model = blob();
    const coarse = handmade(model, image, { data: [0, 0, 1, 0], width: 2, height: 2 });
    const result = await evaluate(model, image, coarse, { box: { x: 0, y: 12, width: 12, height: 12 }, nulls: 0 });
    assert.equal(result.get("pointing").value, 1);
    assert.ok(result.get("relevance-mass").value > 0.6);
    assert.equal(result.get("relevance-mass").nulls, undefined);
  });

  it("says which maps, masks, boxes and options it cannot use", async () => {
    const model = blob();
    const fine = handmade(model, image, truth);
    const holey = handmade(model, image, { ...truth, data: [Number.NaN, ...mask.slice(1)] });
    const cases: [typeof fine | (typeof fine)[], EvaluateOptions, string, RegExp][] = [
      [holey, {}, "not-finite", /by-hand/],
      [fine, { mask: new Uint8Array(10) }, "shape-mismatch", /24 × 24/],
      [fine, { mask: new Uint8Array(SIZE * SIZE) }, "bad-config", /empty/],
      [fine, { box: { x: 90, y: 0, width: 5, height: 5 } }, "bad-config", /empty/],
      [fine, { metrics: ["iou"] }, "bad-config", /mask or a box/],
      [fine, { metrics: ["insertoin" as "insertion"] }, "unknown-option", /did you mean 'insertion'/],
      [fine, { metrics: [{ name: "insertion", step: 5 } as { name: "insertion" }] }, "unknown-option", /'steps'/],
      [fine, { metrics: [{ name: "insertion", steps: 0 }] }, "bad-config", /insertion cannot use steps 0/],
      [fine, { metrics: [{ name: "deletion", order: "most" as "morf" }] }, "bad-config", /morf, lerf/],
      [fine, { nulls: 1.5 }, "bad-config", /cannot use nulls 1.5/],
      [fine, { target: 1 }, "unknown-label", /no map/],
      [[], {}, "bad-config", /nothing/],
      [fine, { signal: AbortSignal.abort() }, "aborted", /cancelled/],
    ];
    for (const [maps, options, code, message] of cases) {
      await assert.rejects(evaluate(model, image, maps, options), { code, message });
    }
  });

  it("refuses, by every metric that runs the method again, a map that then is not finite", async () => {
    let runs = 0;
    const model = analyticModel({
      width: SIZE,
      height: SIZE,
      labels: ["a", "b"],
      score: ([first]) => [first, 0],
      gradient: (input) => input.map(() => (runs > 0 ? Number.NaN : 1)),
    });
    const map = await explain(model, image, { method: "gradient", targets: 0 });
    runs = 1;
    for (const metric of ["stability", "adcc"] as const) {
      await assert.rejects(evaluate(model, image, map, { metrics: [metric], nulls: 0 }), {
        code: "not-finite",
        message: /gradient/,
      });
    }
  });

  it("measures what can be measured, and names the rest", async () => {
    let runs = 0;
    const model = analyticModel({
      width: SIZE,
      height: SIZE,
      labels: ["a", "b"],
      score: ([first]) => [first, 0],
      gradient: (input) => input.map((value) => (runs > 0 ? Number.NaN : value)),
    });
    const map = await explain(model, image, { method: "gradient", targets: 0 });
    runs = 1;
    const seen: number[] = [];
    const result = await evaluate(model, image, map, {
      metrics: ["stability", "cost", "pointing"],
      box: { x: 0, y: 0, width: 8, height: 8 },
      nulls: 2,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    const [{ measurements, failures }] = result.rows;
    assert.deepEqual(
      measurements.map(({ metric }) => metric),
      ["cost", "pointing"],
    );
    assert.deepEqual(
      failures?.map(({ metric, code }) => [metric, code]),
      [["stability", "not-finite"]],
    );
    assert.deepEqual(result.toJSON().rows[0].failures, failures);
    assert.match(result.markdown(), /stability [↑↓].*\n.*\n.*\| failed \(.*gradient.*\) \|/);
    assert.match(result.html(), /failed<br><small>.*gradient/);
    assert.throws(() => result.get("stability"), {
      code: "unknown-option",
      message: /could not be measured: .*gradient/,
    });
    assert.deepEqual(Object.keys(result.figures()), ["cost", "pointing"]);
    assert.equal(seen.at(-1), 1);
  });

  it("stops between two maps of the null when cancelled", async () => {
    const model = blob();
    const controller = new AbortController();
    const { run } = model;
    model.run = async (...args) => {
      if (model.passes > 30) controller.abort();
      return run(...args);
    };
    const running = evaluate(model, image, handmade(model, image, truth), {
      metrics: [{ name: "deletion", steps: 10 }],
      signal: controller.signal,
    });
    await assert.rejects(running, { code: "aborted" });
    assert.ok(model.passes < 60);
  });

  it("reports progress up to the end", async () => {
    const model = blob();
    const seen: number[] = [];
    const maps = [handmade(model, image, truth), handmade(model, image, wrong)];
    const onProgress = ({ done, total }: { done: number; total: number }) => seen.push(done / total);
    await evaluate(model, image, maps, { metrics: ["cost", "infidelity"], nulls: 2, onProgress });
    assert.deepEqual(
      seen,
      [1, 2, 3, 4, 5, 6, 7, 8].map((done) => done / 8),
    );
  });
});

describe("what evaluate returns", () => {
  const two = async (label = "blob") => {
    const { score } = { score: () => [0.5] };
    const model = label === "blob" ? blob() : analyticModel({ width: SIZE, height: SIZE, labels: [label], score });
    const maps = [handmade(model, image, truth), handmade(model, image, wrong)];
    return evaluate(model, image, maps, { metrics: ["insertion", "iou", "cost", "agreement"], mask, nulls: 3 });
  };

  it("is one table: a row a map, a column a metric, nulls beside values", async () => {
    const result = await two();
    const { head, rows } = result.table();
    assert.deepEqual(head, ["method", "class", "insertion ↑", "iou ↑", "cost ↓", "agreement"]);
    assert.deepEqual(
      rows.map(([{ text }]) => text),
      ["by-hand", "by-hand (2)"],
    );
    assert.match(rows[0][3].small ?? "", /^random .*, centre .*, chance \.250$/);
    assert.match(rows[0][4].small ?? "", /^\d+ backward, \d+ ms$/);
    assert.match(result.markdown(), /^\| method \| class \| insertion ↑/);
  });

  it("says before any work that a single map agrees with nobody", async () => {
    const model = blob();
    const one = evaluate(model, image, handmade(model, image, truth), { metrics: ["insertion", "agreement"], mask });
    await assert.rejects(one, { code: "bad-config", message: /agreement is between maps/ });
  });

  it("escapes labels in its HTML", async () => {
    const html = (await two("<img src=x onerror=alert(1)>")).html();
    assert.ok(!html.includes("<img"));
    assert.ok(html.includes("&lt;img src=x"));
  });

  it("shows itself in a notebook and survives JSON", async () => {
    const result = await two();
    const bundle = (await result[displaySymbol]()) as Record<string, string>;
    assert.match(bundle["text/html"], /^<table/);
    assert.deepEqual(JSON.parse(JSON.stringify(result)).rows[0].measurements[1].value, 1);
  });

  it("draws curves with grey dashed controls, bars, and a heat map of agreement", async () => {
    const result = await two();
    const figures = result.figures();
    assert.deepEqual(Object.keys(figures), ["insertion", "iou", "cost", "agreement"]);
    const names = figures.insertion.data.map(({ name }) => name);
    assert.deepEqual(names, ["by-hand", "by-hand (2)", "random regions", "centre"]);
    assert.equal((figures.insertion.data[2].line as { dash: string }).dash, "dash");
    assert.deepEqual(figures.iou.data[0].y, [1, 0]);
    assert.equal(figures.agreement.data[0].type, "heatmap");
    assert.deepEqual(JSON.parse(JSON.stringify(figures)), figures);
    assert.throws(() => result.figure("infidelity"), { code: "unknown-option" });
  });

  it("is averaged over pictures with standard errors", async () => {
    const results = [await two(), await two()];
    const summary = summarise(results);
    const entry = summary.entries.find(({ name, metric }) => name === "by-hand" && metric === "iou");
    assert.deepEqual([entry?.mean, entry?.error, entry?.pictures, entry?.nulls?.chance], [1, 0, 2, 0.25]);
    assert.match(summary.markdown(), /\| by-hand \|/);
  });
});

describe("metrics()", () => {
  it("lists every metric with its facts", () => {
    const names = metrics().map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { summary, source, better } of metrics()) {
      assert.ok(summary && source && ["higher", "lower"].includes(better));
    }
  });
});

describe("nulls", () => {
  it("give every random map the areas of the map itself, at every threshold", () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.floor(i / 7) - 3);
    const order = randomField(random(1), 10, 6);
    const shuffled = rearranged(values, order);
    assert.deepEqual([...shuffled].sort(), [...values].sort());
    const top = order.indexOf(Math.max(...order));
    assert.equal(shuffled[top], Math.max(...values));
  });

  it("favour no place: the highest point of random fields lies anywhere alike", () => {
    const quarters = [0, 0, 0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const field = randomField(random(seed), 32, 32);
      const top = field.indexOf(field.reduce((a, b) => Math.max(a, b)));
      quarters[(top % 32 < 16 ? 0 : 1) + (top < 512 ? 0 : 2)]++;
    }
    for (const count of quarters) assert.ok(count > 70 && count < 130, quarters.join());
  });

  it("have a Gaussian with σ of a quarter in the middle", () => {
    const map = centredGaussian(8, 8);
    assert.ok(Math.abs(map[3 * 8 + 3] - Math.exp(-(2 * 0.0625 ** 2) / (2 * 0.0625))) < 1e-6);
    assert.equal(map[0], map[63]);
  });
});

describe("the region of a mask", () => {
  const input = { name: "x", layout: "nchw", channels: 3, height: 4, width: 4 } as const;
  const prepared: PreparedImage = {
    tensor: { data: new Float32Array(48), dims: [1, 3, 4, 4] },
    picture: { image: plain(16, 8), name: "wide", notes: [] },
    view: { x: 8, y: 0, width: 8, height: 8 },
  };

  it("is cut to what the model sees and scaled to its input", () => {
    const wide = Uint8Array.from({ length: 128 }, (_, i) => +(i % 16 >= 12 && i < 64));
    const expected = [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert.deepEqual([...(objectRegion(prepared, input, { mask: wide }) ?? [])], expected);
    const box = { x: 12, y: 0, width: 4, height: 4 };
    assert.deepEqual([...(objectRegion(prepared, input, { box }) ?? [])], expected);
    const region = { mask: Uint8Array.from(expected), width: 4, height: 4 };
    for (const mask of [expected, region])
      assert.deepEqual([...(objectRegion(prepared, input, { mask }) ?? [])], expected);
  });

  it("is the union of several boxes", () => {
    const boxes = [
      { x: 8, y: 0, width: 2, height: 2 },
      { x: 14, y: 6, width: 2, height: 2 },
    ];
    const region = objectRegion(prepared, input, { box: boxes });
    assert.deepEqual(
      [...(region ?? [])].flatMap((value, i) => (value ? [i] : [])),
      [0, 15],
    );
  });
});
