import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sum } from "../../../src/core/statistics.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import type { Model } from "../../../src/model/types.js";
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
