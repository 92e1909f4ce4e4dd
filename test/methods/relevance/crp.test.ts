import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import type { Model } from "../../../src/model/types.js";
import { floats } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const CLASS = 2;
interface Told {
  readonly channel: number | readonly number[];
  readonly channels: readonly (readonly { channel: number; share: number }[])[];
}

const told = ({ provenance }: Awaited<ReturnType<typeof explain>>) => provenance.options as unknown as Told;

for (const network of ["residual", "attention"]) {
  let model: Model;
  let x: Tensor;
  before(async () => {
    x = toTensor((await readNpz(fixture(`relevance/${network}.npz`))).get("x"));
    model = await loadModel(fixture(`relevance/${network}.onnx`), { preprocess: { size: 24 } });
  });
  after(() => model.close());

  test(`${network}: the maps of all channels add up to LRP's`, async () => {
    const options = { composite: "epsilon", targets: CLASS } as const;
    const whole = (await explain(model, x, { method: "lrp", ...options })).map(CLASS).data;
    const [layer] = model.layers();
    const sums = new Float64Array(whole.length);
    for (let channel = 0; channel < layer.geometry.channels; channel++) {
      const one = await explain(model, x, { method: "crp", targetLayer: layer.name, channel, ...options });
      for (const [p, value] of one.map(CLASS).data.entries()) sums[p] += value;
    }
    const size = Math.max(...whole.map(Math.abs));
    for (const [p, value] of whole.entries()) assert.ok(Math.abs(sums[p] - value) < 1e-4 * size);
  });

  test(`${network}: without a channel, the one with most relevance is taken and told`, async () => {
    const chosen = await explain(model, x, { method: "crp", targets: [CLASS, 0] });
    const { channel, channels } = told(chosen);
    assert.deepEqual(
      channel,
      channels.map(([first]) => first.channel),
    );
    for (const [first, second] of channels) assert.ok(first.share >= second.share);
    const named = await explain(model, x, { method: "crp", targets: CLASS, channel: channels[0][0].channel });
    assert.deepEqual(named.map(CLASS).data, chosen.map(CLASS).data);
    assert.equal(named.provenance.backwardPasses, 2);
  });

  test(`${network}: a channel that the layer does not have is refused`, async () => {
    await assert.rejects(explain(model, x, { method: "crp", channel: 4096 }), { code: "bad-config" });
    await assert.rejects(explain(model, x, { method: "crp", targetLayer: "nowhere" }), { code: "unknown-layer" });
  });
}

test("a channel that nothing reads gets nothing", async () => {
  await using model = await loadModel(fixture("relevance/residual.onnx"), { preprocess: { size: 24 } });
  const head = await model.edited?.((graph) => {
    const gemm = graph.nodes.find(({ opType }) => opType === "Gemm");
    const weights = graph.constant(gemm?.input[1] ?? "");
    if (!gemm || !weights) throw new Error("no head");
    const data = (weights.data as Float32Array).map((value, i) => (i % 12 === 5 ? 0 : value));
    gemm.input[1] = graph.addConstant({ ...weights, data });
    graph.touch();
  });
  assert.ok(head);
  await using edited = head;
  const x = { data: new Float32Array(3 * 24 * 24).fill(0.3), dims: [1, 3, 24, 24] };
  const layer = edited.layers().find(({ geometry }) => geometry.channels === 12)?.name;
  const nothing = await explain(edited, x, { method: "crp", targetLayer: layer, channel: 5, targets: CLASS });
  assert.ok(nothing.map(CLASS).data.every((value) => value === 0));
  const something = await explain(edited, x, { method: "crp", targetLayer: layer, channel: 4, targets: CLASS });
  assert.notEqual(sum(something.map(CLASS).data), 0);
});

const bankOf = ({ info }: Model, layer: string, directions: readonly (readonly number[])[]) => ({
  model: { name: info.name, sha256: info.sha256 },
  ...{ layer, target: { index: CLASS, label: `${CLASS}` } },
  concepts: directions.map((values, k) => ({ name: `concept ${k + 1}`, direction: Float32Array.from(values) })),
});

test("through a concept: the class's weights along its direction, where it is; the rest is told", async () => {
  const head = [
    [1, 2, 3],
    [2, -1, 4],
  ];
  const graph = Graph.empty("two concepts", 17);
  graph.addInput("x", ["n", 3, 2, 2]);
  const same = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const layer = graph.op("Conv", ["x", floats(same, [3, 3, 1, 1])], { kernel_shape: [1, 1] });
  const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", [layer])], { axis: 1 });
  graph.addOutput(graph.op("Gemm", [flat, floats(head.flat(), [2, 3])], { transB: 1 }), ["n", 2]);
  const folder = await mkdtemp(join(tmpdir(), "sightline-crp-"));
  await writeFile(join(folder, "two.onnx"), graph.serialize());
  await using model = await loadModel(join(folder, "two.onnx"));
  await rm(folder, { recursive: true });
  // each cell holds `a` of (1, 1, 0) and `b` of (0, 1, 1)
  const [a, b] = [
    [1, 0, 2, 0.5],
    [0, 3, 1, 0],
  ];
  const x = { data: Float32Array.from([...a, ...a.map((value, p) => value + b[p]), ...b]), dims: [1, 3, 2, 2] };
  const [{ name }] = model.layers();
  const bank = bankOf(model, name, [
    [1, 1, 0],
    [0, 1, 1],
  ]);
  const options = { method: "crp", composite: "epsilon", bank, targets: [0, 1] } as const;
  const near = (found: Iterable<number>, expected: readonly number[]) =>
    assert.ok(
      [...found].every((value, i) => Math.abs(value - expected[i]) < 1e-4),
      `${found}, not ${expected}`,
    );
  for (const [k, amount] of [a, b].entries()) {
    const explanation = await explain(model, x, { ...options, concept: `concept ${k + 1}` });
    for (const target of [0, 1]) {
      const worth = bank.concepts[k].direction.reduce((sum, value, c) => sum + value * head[target][c], 0);
      near(
        explanation.map(target).data,
        amount.map((value) => (value * worth) / 4),
      );
    }
  }
  const { provenance } = await explain(model, x, options);
  const { concept, rest } = provenance.options as unknown as { concept: string[]; rest: number[] };
  assert.deepEqual(concept, ["concept 2", "concept 2"]);
  near(rest, [0, 0]);
});

for (const network of ["residual", "attention"]) {
  test(`${network}: concepts that are the channels have the channels' maps, and with the rest all of the relevance`, async () => {
    const x = toTensor((await readNpz(fixture(`relevance/${network}.npz`))).get("x"));
    await using model = await loadModel(fixture(`relevance/${network}.onnx`), { preprocess: { size: 24 } });
    const [{ name, geometry }] = model.layers();
    const unit = (c: number) => Array.from({ length: geometry.channels }, (_, i) => Number(i === c));
    const bank = bankOf(model, name, [unit(0), unit(3)]);
    const usual = { method: "crp", targets: CLASS } as const;
    const activation = (await model.observe(x, { layers: [name] })).activations.get(name) as Tensor;
    const signed = activation.data.some((value) => value < 0);
    const [through] = [await explain(model, x, { ...usual, bank, concept: 1 })];
    const channel = await explain(model, x, { ...usual, targetLayer: name, channel: 3 });
    const [found, expected] = [through.map(CLASS).data, channel.map(CLASS).data];
    const size = Math.max(...expected.map(Math.abs));
    if (!signed) for (const [p, value] of expected.entries()) assert.ok(Math.abs(found[p] - value) < 1e-3 * size);
    const { concepts, rest } = through.provenance.options as unknown as {
      concepts: { concept: string; share: number }[][];
      rest: number[];
    };
    assert.ok(Math.abs(sum(concepts[0].map(({ share }) => share)) + rest[0] - 1) < 1e-6);
  });
}

test("a concept needs its bank, and a bank its own model and no channel beside it", async () => {
  await using model = await loadModel(fixture("relevance/residual.onnx"), { preprocess: { size: 24 } });
  const [{ name, geometry }] = model.layers();
  const bank = bankOf(model, name, [Array.from({ length: geometry.channels }, () => 1)]);
  const x = { data: new Float32Array(3 * 24 * 24).fill(0.3), dims: [1, 3, 24, 24] };
  const asked = (options: object) => explain(model, x, { method: "crp", ...options });
  await assert.rejects(asked({ concept: 0 }), { code: "bad-config" });
  await assert.rejects(asked({ bank, channel: 0 }), { code: "bad-config" });
  await assert.rejects(asked({ bank, concept: "whiskers" }), { code: "unknown-label" });
  await assert.rejects(asked({ bank, concept: 1 }), { code: "index-out-of-range" });
  await assert.rejects(asked({ bank: { ...bank, model: { name: "other", sha256: "0" } } }), { code: "bad-config" });
});
