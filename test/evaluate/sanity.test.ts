import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { evaluate } from "../../src/evaluate/index.js";
import { MetricContext } from "../../src/evaluate/metric-context.js";
import { sanity, shuffleWeights, weightedNodes } from "../../src/evaluate/sanity.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { Graph } from "../../src/onnx/graph.js";
import { linearModel } from "../support/analytic-model.js";
import { handmade, plain } from "../support/explanations.js";

const { url, options } = classroom.models.honest;
const bytes = await readFile(url);
const honest = () => Graph.parse(bytes);
const weightsOf = (graph: Graph, position: number) =>
  graph.nodes[position].input.slice(1).map((name) => Array.from(graph.constant(name)?.data as Float32Array));

describe("shuffled weights", () => {
  it("are those of the nodes that have some, from the scores down", () => {
    const graph = honest();
    const operators = weightedNodes(graph).map((i) => graph.nodes[i].opType);
    assert.deepEqual(operators, ["Gemm", "Conv", "Conv", "Conv", "Conv", "Conv"]);
  });

  it("keep every tensor's values, in another order, and leave the other nodes alone", () => {
    const [before, after] = [honest(), honest().clone()];
    const [head, last, ...rest] = weightedNodes(before);
    shuffleWeights(after, [head, last], random(1));
    for (const position of [head, last]) {
      for (const [i, values] of weightsOf(before, position).entries()) {
        const shuffled = weightsOf(after, position)[i];
        assert.notDeepEqual(shuffled, values);
        assert.deepEqual(shuffled.sort(), values.sort());
      }
    }
    for (const position of rest) assert.deepEqual(weightsOf(after, position), weightsOf(before, position));
    assert.deepEqual(weightsOf(honest(), head), weightsOf(honest(), head));
  });

  it("are the same for a node whichever others are shuffled, and others for another seed", () => {
    const [one, all, other] = [honest(), honest(), honest()];
    const nodes = weightedNodes(one);
    shuffleWeights(one, nodes.slice(0, 1), random(7));
    shuffleWeights(all, nodes, random(7));
    shuffleWeights(other, nodes, random(8));
    assert.deepEqual(weightsOf(one, nodes[0]), weightsOf(all, nodes[0]));
    assert.notDeepEqual(weightsOf(other, nodes[0]), weightsOf(all, nodes[0]));
  });
});

describe("sanity", () => {
  /** A model whose edits are recorded, and a method that is a function of the edited graph. */
  async function checked(
    mode: "cascading" | "independent",
    map: (shuffled: number[]) => number[],
    original: readonly number[] = [1, 2, 3, 4],
  ) {
    const base = linearModel(2, 2, [[1, 2, 3, 4]]);
    const stages: number[][] = [];
    let closed = 0;
    const model: Model = {
      ...base,
      async edited(change) {
        const graph = honest();
        const nodes = weightedNodes(graph);
        const before = nodes.map((i) => weightsOf(graph, i)[0].join());
        change(graph);
        stages.push(nodes.flatMap((i, at) => (weightsOf(graph, i)[0].join() === before[at] ? [] : [at])));
        return { ...base, close: async () => void closed++ };
      },
    };
    const values = Float32Array.from(original);
    const rerun = async () => Float32Array.from(map(stages[stages.length - 1]));
    const setting = {
      model,
      prepared: await base.prepare(plain(2, 2)),
      target: 0,
      seed: 0,
      counter: { passes: 0 },
      cache: new Map(),
    };
    const context = new MetricContext(setting, {
      values,
      native: values,
      signed: false,
      seed: 0,
      score: "logit",
      rerun,
    });
    const outcome = await sanity.measure(context, { mode, stages: 3 });
    assert.equal(closed, 3);
    return { ...outcome, stages };
  }

  it("randomises more and more from the head down when cascading", async () => {
    const upside = ({ length }: number[]) => (length < 6 ? [1, 2, 3, 4] : [4, 3, 2, 1]);
    const { stages, curve } = await checked("cascading", upside);
    assert.deepEqual(stages, [
      [0, 1],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5],
    ]);
    assert.deepEqual(curve, { x: [0, 1 / 3, 2 / 3, 1], y: [1, 1, 1, -1] });
  });

  it("fails a map that only changes its sign: what counts is how much of the order is left", async () => {
    const { value, parts } = await checked("cascading", () => [4, 3, 2, 1]);
    assert.equal(value, 1);
    assert.deepEqual(parts, { correlation: -1 });
  });

  it("fails a constant map that stays constant, and passes one that does not, with a note", async () => {
    const stays = await checked("cascading", () => [9, 9, 9, 9], [5, 5, 5, 5]);
    assert.equal(stays.value, 1);
    assert.deepEqual(stays.notes, []);
    for (const [map, original] of [
      [[5, 5, 5, 5], undefined],
      [
        [1, 2, 3, 4],
        [5, 5, 5, 5],
      ],
    ] as const) {
      const { value, notes } = await checked("cascading", () => [...map], original);
      assert.equal(value, 0);
      assert.match(notes?.[0] ?? "", /3 of 3 .* constant/);
    }
  });

  it("randomises one part at a time when independent, and takes the mean", async () => {
    const tilted = ([first]: number[]) => (first === 0 ? [4, 3, 1, 2] : [1, 2, 3, 4]);
    const { stages, value, parts } = await checked("independent", tilted);
    assert.deepEqual(stages, [
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    assert.ok(Math.abs(value - 2.8 / 3) < 1e-12, `${value}`);
    assert.ok(Math.abs((parts?.correlation as number) - 0.4) < 1e-12);
  });

  it("unmasks the activation map on a real model, and not recipro-cam", async () => {
    await using model = await loadModel(url, { ...options, threads: 1 });
    const values: Record<string, number[]> = { "activation-map": [], "recipro-cam": [] };
    for (const { image } of classroom.pictures({ count: 8, seed: 12 })) {
      const maps = [];
      for (const method of ["activation-map", "recipro-cam"] as const)
        maps.push(await explain(model, image, { method }));
      const { rows } = await evaluate(model, image, maps, { metrics: [{ name: "sanity", stages: 1 }] });
      for (const { name, measurements } of rows) values[name].push(measurements[0].value);
    }
    const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    assert.ok(mean(values["activation-map"]) > 0.8, values["activation-map"].join());
    assert.ok(mean(values["recipro-cam"]) < 0.5, values["recipro-cam"].join());
  });

  it("says that a model without a graph cannot be checked", async () => {
    const model = linearModel(2, 2, [[1, 2, 3, 4]]);
    const map = handmade(model, plain(2, 2), { data: [1, 2, 3, 4], width: 2, height: 2 });
    await assert.rejects(evaluate(model, plain(2, 2), map, { metrics: ["sanity"] }), { code: "not-supported" });
  });
});
