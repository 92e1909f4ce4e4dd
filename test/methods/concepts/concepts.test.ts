import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { concepts } from "../../../src/methods/concepts/concepts.js";
import type { ConceptDirections } from "../../../src/methods/concepts/parts.js";
import type { LayerInfo } from "../../../src/model/types.js";
import { analyticSubject } from "../../support/analytic-subject.js";

const layer: LayerInfo = {
  name: "features",
  kind: "feature-map",
  shape: [1, 3, 2, 2],
  geometry: { layout: "nchw", channels: 3, height: 2, width: 2, offset: 0 },
  operator: "Relu",
};

/** Channel 0 is 1 and 3 in the upper cells, channel 1 is 2 in the lower left one; channel 2 is silent. */
const activation = { data: Float32Array.of(1, 3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0), dims: [1, 3, 2, 2] };

/** Class 0 counts channel 0 twice and takes channel 1 off; class 1 counts nothing. */
const head = (values: Float32Array) => {
  const sum = (channel: number) => values.subarray(4 * channel, 4 * channel + 4).reduce((all, value) => all + value, 0);
  return [2 * sum(0) - sum(1), 0];
};

const subject = (targets = [0]) =>
  analyticSubject({
    ...{ width: 4, height: 4, layers: [layer], activations: { features: activation }, targets },
    score: () => head(activation.data),
    head,
  });

const bank: ConceptDirections = {
  model: { name: "analytic", sha256: "0".repeat(64) },
  layer: "features",
  target: { index: 0, label: "class 0" },
  concepts: [
    { name: "stripes", direction: Float32Array.of(1, 0, 0) },
    { name: "fur", direction: Float32Array.of(0, 1, 0) },
    { name: "wheel", direction: Float32Array.of(0, 0, 1) },
  ],
};

describe("concepts, as a method", () => {
  it("gives each concept of a bank its map, and lays its worth out where it is", async () => {
    const { maps, artifacts, resolved, notes } = await concepts.explain(subject([0, 1]), { bank, count: 4 });
    const shown = artifacts?.map(({ title, data }) => [title, ...data]);
    assert.deepEqual(shown, [
      ["stripes", 1, 3, 0, 0],
      ["fur", 0, 0, 2, 0],
      ["wheel", 0, 0, 0, 0],
    ]);
    assert.deepEqual([...maps[0].data], [2, 6, -2, 0]);
    assert.deepEqual([...maps[1].data], [0, 0, 0, 0]);
    assert.deepEqual(resolved?.worth, [
      { stripes: 8, fur: -2, wheel: 0 },
      { stripes: 0, fur: 0, wheel: 0 },
    ]);
    assert.match(String(notes), /found for 'class 0', and are asked about 'class 1'/);
  });

  it("takes the picture's own cells apart without a bank, and says so", async () => {
    const { maps, artifacts, notes } = await concepts.explain(subject(), { count: 2 });
    const strongest = artifacts?.map(({ data }) => data.indexOf(Math.max(...data))).toSorted();
    assert.deepEqual(strongest, [1, 2]);
    maps[0].data.forEach((value, cell) => {
      assert.ok(Math.abs(value - [2, 6, -2, 0][cell]) < 1e-3, `${value} in cell ${cell}`);
    });
    assert.match(String(notes), /of this picture alone/);
  });

  it("refuses the bank of another model, another layer, and what is no bank", async () => {
    const other = { ...bank, model: { name: "other", sha256: "1".repeat(64) } };
    const refused = { code: "bad-config" };
    await assert.rejects(concepts.explain(subject(), { bank: other, count: 4 }), refused);
    await assert.rejects(concepts.explain(subject(), { bank, targetLayer: "early", count: 4 }), refused);
    for (const none of [{}, null, "bank", { ...bank, concepts: [] }]) {
      const options = { bank: none as unknown as ConceptDirections, count: 4 };
      assert.throws(() => concepts.observes?.(options, [layer]), refused);
    }
  });
});
