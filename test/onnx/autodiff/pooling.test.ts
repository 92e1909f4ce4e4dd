import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sizeOf, type Tensor } from "../../../src/core/tensor.js";
import { MODEL_INPUT } from "../../../src/model/input-gradient.js";
import { loadModel } from "../../../src/model/load.js";
import { floats, ints } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { savedModel } from "../../support/models.js";
import { checkRule, forAll, type RuleCase, variable } from "./check.js";

/** Whether every window begins in the picture or the padding before it; what others are is not agreed on. */
const agreed = ({
  size,
  kernel,
  stride,
  pads,
  ceil,
}: Record<"size" | "kernel" | "stride" | "pads", readonly number[]> & { ceil: number }) =>
  size.every((length, i) => {
    const steps = (length + pads[i] + pads[i + 2] - kernel[i]) / stride[i];
    return steps >= 0 && (ceil ? Math.ceil(steps) : Math.floor(steps)) * stride[i] < length + pads[i];
  });

const pool = fc
  .record({
    size: fc.tuple(fc.integer({ min: 4, max: 8 }), fc.integer({ min: 4, max: 8 })),
    kernel: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
    stride: fc.constantFrom([1, 1], [2, 2], [3, 3], [2, 1]),
    pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
    ceil: fc.integer({ min: 0, max: 1 }),
    opset: fc.constantFrom(11, 18, 21),
  })
  .filter(agreed);

test("MaxPool sends gradients to the maxima, where windows overlap, are padded or hang over", () =>
  forAll(
    pool,
    ({ size, kernel, stride, pads, ceil, opset }, seed): RuleCase => ({
      op: "MaxPool",
      opset,
      inputs: [variable(seed, [2, 2, ...size], "distinct")],
      attributes: { kernel_shape: kernel, strides: stride, pads, ceil_mode: ceil },
    }),
    25,
  ));

test("MaxPool with dilations goes by the runtime's indices", () =>
  checkRule({
    op: "MaxPool",
    inputs: [variable(7, [2, 2, 7, 8], "distinct")],
    attributes: { kernel_shape: [2, 3], strides: [2, 1], dilations: [2, 2], pads: [1, 1, 0, 1] },
  }));

test("MaxPool of negative values does not take its padding for a maximum", () => {
  const { data } = variable(8, [1, 8, 5, 5], "distinct");
  const x = { dims: [1, 8, 5, 5], data: data.map((value) => value - 100) };
  return checkRule({
    op: "MaxPool",
    inputs: [x],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  });
});

for (const between of ["nothing", "Identity", "Relu", "Transpose"]) {
  test(`MaxPool behind a padding of −∞, with ${between} in between, sends gradients to the maxima alone`, async () => {
    const size = 8;
    const graph = Graph.empty("padded", 17);
    graph.addInput("image", ["n", 3, size, size]);
    // the second row of padding is a window of nothing but −∞
    const padding = [ints([0, 0, 3, 1, 0, 0, 0, 1]), floats(Float32Array.of(Number.NEGATIVE_INFINITY), [])];
    const padded = graph.op("Pad", ["image", ...padding], { mode: "constant" });
    const perm = between === "Transpose" ? [0, 1, 2, 3] : undefined;
    const passed = between === "nothing" ? padded : graph.op(between, [padded], { perm });
    const pooled = graph.op("MaxPool", [passed], { kernel_shape: [3, 3], strides: [2, 2] });
    const finite = graph.op("Max", [pooled, floats(Float32Array.of(-50), [])]);
    const sums = graph.op("ReduceSum", [finite, ints([2, 3])], { keepdims: 0 });
    graph.addOutput(sums, ["n", 3]);
    await using model = await loadModel(savedModel(graph), { threads: 1 });
    const { data } = variable(11, [1, 3, size, size], "distinct");
    const x = Float32Array.from(data);
    const { gradients } = await model.gradient({ data: x, dims: [1, 3, size, size] }, { target: 0 });
    const expected = new Float32Array(x.length);
    for (let top = -3; top + 3 <= size; top += 2) {
      for (let left = -1; left + 3 <= size + 1; left += 2) {
        let best = -1;
        for (let cell = 0; cell < 9; cell++) {
          const [row, column] = [top + Math.floor(cell / 3), left + (cell % 3)];
          if (Math.min(row, column) < 0 || Math.max(row, column) >= size) continue;
          if (best < 0 || x[row * size + column] > x[best]) best = row * size + column;
        }
        if (best >= 0 && (between !== "Relu" || x[best] > 0)) expected[best] += 1;
      }
    }
    assert.deepEqual([...(gradients.get(MODEL_INPUT) as Tensor).data], [...expected]);
  });
}

test("MaxPool in one dimension", () =>
  checkRule({
    op: "MaxPool",
    inputs: [variable(9, [2, 3, 8], "distinct")],
    attributes: { kernel_shape: [3], strides: [2], pads: [1, 0] },
  }));

test("AveragePool counts padding as it is told to", () =>
  forAll(
    fc.tuple(pool, fc.integer({ min: 0, max: 1 })),
    ([{ size, kernel, stride, pads, ceil, opset }, counted], seed): RuleCase => ({
      op: "AveragePool",
      opset,
      inputs: [variable(seed, [2, 2, ...size], "whole")],
      attributes: { kernel_shape: kernel, strides: stride, pads, ceil_mode: ceil, count_include_pad: counted },
      reference: "linear",
    }),
    25,
  ));

test("AveragePool pads by itself", () =>
  forAll(
    fc.constantFrom("SAME_UPPER", "SAME_LOWER"),
    (auto, seed): RuleCase => ({
      op: "AveragePool",
      inputs: [variable(seed, [1, 2, 7, 6], "whole")],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: auto },
      reference: "linear",
    }),
    4,
  ));

test("GlobalAveragePool", () =>
  forAll(
    fc.constantFrom([2, 3, 4, 5], [1, 2, 6]),
    (dims, seed) => ({
      op: "GlobalAveragePool",
      inputs: [variable(seed, dims, "whole")],
      reference: "linear",
    }),
    4,
  ));

test("GlobalMaxPool", () =>
  forAll(
    fc.constantFrom([2, 3, 4, 5], [1, 2, 6]),
    (dims, seed) => {
      const cells = sizeOf(dims.slice(2));
      return {
        op: "GlobalMaxPool",
        inputs: [variable(seed, dims, "distinct")],
        reference: ([x]) =>
          Array.from({ length: x.length / cells }, (_, i) => Math.max(...x.slice(i * cells, (i + 1) * cells))),
      };
    },
    4,
  ));
