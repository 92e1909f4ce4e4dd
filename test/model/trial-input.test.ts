import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TrialInput } from "../../src/model/trial-input.js";
import type { InputGeometry } from "../../src/model/types.js";
import { DataType } from "../../src/onnx/constant.js";

const geometry: InputGeometry = { name: "x", width: 5, height: 4, channels: 3, layout: "nchw" };
const { FLOAT, UINT8, INT8 } = DataType;

describe("pictures made up to try a graph on", () => {
  it("have equal recipes where their values are equal, and others where they are not", () => {
    const [a, b] = [TrialInput.uniform(geometry, FLOAT, 0), TrialInput.uniform(geometry, FLOAT, 1)];
    const all = [
      a,
      b,
      TrialInput.uniform(geometry, UINT8, 0),
      TrialInput.uniform(geometry, INT8, 0),
      b.times(4),
      TrialInput.stack([a, b]),
      TrialInput.stack([b, a]),
      TrialInput.stack([a, a, b]),
      TrialInput.stack([a, b]).times(4),
    ];
    for (const one of all) {
      for (const other of all) {
        assert.equal(one.recipe === other.recipe, Buffer.from(one.data.buffer).equals(Buffer.from(other.data.buffer)));
      }
    }
    assert.deepEqual(TrialInput.uniform(geometry, FLOAT, 1).data, b.data);
    assert.equal(TrialInput.stack([b]).recipe, b.recipe);
  });

  it("are stacked one behind the other", () => {
    const [a, b] = [TrialInput.uniform(geometry, FLOAT, 0), TrialInput.uniform(geometry, FLOAT, 1)];
    const both = TrialInput.stack([a, b]);
    assert.deepEqual(both.dims, [2, 3, 4, 5]);
    assert.deepEqual([...both.data], [...a.data, ...b.data]);
    assert.deepEqual(
      b.times(4).data,
      b.data.map((value) => 4 * value),
    );
  });

  it("are whole numbers of the input's type where it takes such", () => {
    for (const [type, least] of [
      [UINT8, 0],
      [INT8, -128],
    ] as const) {
      const { data } = TrialInput.uniform(geometry, type, 3);
      assert.ok(data.every((value) => Number.isInteger(value) && value >= least && value <= least + 255));
      assert.ok(new Set(data).size > 30);
    }
  });
});
