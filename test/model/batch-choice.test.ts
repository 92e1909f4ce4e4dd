import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import type { Tensor } from "../../src/core/tensor.js";
import { BatchChoice } from "../../src/model/batch-choice.js";
import { GradientPasses } from "../../src/model/gradient-passes.js";
import { MODEL_INPUT } from "../../src/model/input-gradient.js";
import { loadModel } from "../../src/model/load.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { assertClose, noise } from "../support/tensors.js";

/** Sizes of so many calls of 32 pictures, where a pass takes what `cost` says. */
function sizes(choice: BatchChoice, cost: (size: number) => number, calls = 12): number[] {
  return Array.from({ length: calls }, () => {
    const size = choice.sizeFor(32);
    for (let pass = 0; pass < 32 / size; pass++) choice.took(size, cost(size));
    return size;
  });
}

describe("pictures in a backward pass", () => {
  it("become more while that is faster a picture", () => {
    const overhead = (size: number) => 5 + size;
    assert.equal(sizes(new BatchChoice([8, 32]), overhead).at(-1), 32);
    const best8 = (size: number) => (size === 32 ? 80 : 5 + size);
    assert.equal(sizes(new BatchChoice([8, 32]), best8).at(-1), 8);
    const none = (size: number) => 10 * size;
    assert.deepEqual([...new Set(sizes(new BatchChoice([8, 32]), none))], [1, 8]);
    assert.equal(sizes(new BatchChoice([8, 32]), none).at(-1), 1);
    assert.deepEqual([...new Set(sizes(new BatchChoice([]), overhead))], [1]);
  });

  it("are judged by their fastest pass: the first one may compile", () => {
    let first = true;
    const compiling = (size: number) => {
      if (size === 1 || !first) return 5 + size;
      first = false;
      return 10_000;
    };
    assert.equal(sizes(new BatchChoice([8]), compiling).at(-1), 8);
  });

  it("are never more than there are, nor of a size that failed, nor of a larger one", () => {
    const choice = new BatchChoice([8, 32]);
    for (let pass = 0; pass < 3; pass++) choice.took(1, 10);
    assert.equal(choice.sizeFor(7), 1);
    assert.equal(choice.sizeFor(8), 8);
    choice.failed(8);
    assert.equal(choice.sizeFor(32), 1);
  });
});

const TOLERANCE = 1e-5;

async function gradients(passes: GradientPasses, input: Tensor, layer: string) {
  const given = await passes.run(input, { target: 1, layers: [MODEL_INPUT, layer] });
  return [given.scores, ...given.gradients.values(), ...given.activations.values()];
}

it("a long run is not begun one by one: the size is chosen again after a few passes", () => {
  const choice = new BatchChoice([8, 32]);
  assert.equal(choice.rowsBeforeNext(choice.sizeFor(50), 50), 3);
  for (let pass = 0; pass < 3; pass++) choice.took(1, 10);
  assert.equal(choice.sizeFor(47), 8);
  assert.equal(choice.rowsBeforeNext(8, 47), 24);
  assert.equal(choice.rowsBeforeNext(1, 7), 7);
});

describe("gradients of several pictures a pass", () => {
  it("are those of one picture a pass, whatever is left for the last one", async () => {
    for (const graph of [tinyCnn(), tinyVit()]) {
      await using model = await loadModel(savedModel(graph), { threads: 1, isolate: false });
      const { network, info } = model;
      const layer = model.layers()[0].name;
      const input = noise([30, 3, 32, 32]);
      const alone = await gradients(new GradientPasses(network, info, []), input, layer);
      const several = new GradientPasses(network, info, [4]);
      const seen = new Set<number>();
      const { run } = network.host;
      network.host.run = (pass, give) => {
        seen.add(Object.values(pass.feeds).map((feed) => ("held" in feed ? 0 : feed.dims[0]))[0]);
        return run.call(network.host, pass, give);
      };
      for (let call = 0; call < 3; call++) {
        for (const [i, tensor] of (await gradients(several, input, layer)).entries()) {
          assert.deepEqual(tensor.dims, alone[i].dims);
          assertClose(tensor.data, alone[i].data, TOLERANCE);
        }
      }
      assert.deepEqual([...seen], [1, 4]);
    }
  });

  it("are made one by one where several cannot be had", async () => {
    await using model = await loadModel(savedModel(tinyCnn({ seed: 11 })), { threads: 1, isolate: false });
    const { network, info } = model;
    const layer = model.layers()[0].name;
    const input = noise([8, 3, 32, 32]);
    const alone = await gradients(new GradientPasses(network, info, []), input, layer);
    const { open } = network.host;
    let refused = 0;
    network.host.open = (graph) => {
      if (graph.inputs[0].dims?.[0] !== 4) return open.call(network.host, graph);
      refused += 1;
      return Promise.reject(new SightlineError("run-failed", "no memory"));
    };
    const several = new GradientPasses(network, info, [4, 8]);
    for (let call = 0; call < 3; call++) assert.deepEqual(await gradients(several, input, layer), alone);
    assert.equal(refused, 1);
  });
});
