import { test } from "node:test";
import fc from "fast-check";
import { sizeOf } from "../../../src/core/tensor.js";
import { float } from "../../../src/onnx/attributes.js";
import { DataType } from "../../../src/onnx/constant.js";
import { checkRule, forAll, type RuleCase, variable } from "./check.js";

const EPSILON = 1e-3;
const epsilon = float(EPSILON);

/** (x − mean) / √(variance + ε) over groups of consecutive values. */
function standardise(values: ArrayLike<number>, size: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    const group = Array.prototype.slice.call(values, start, start + size) as number[];
    const mean = group.reduce((a, b) => a + b, 0) / size;
    const variance = group.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size;
    group.forEach((v, i) => {
      out[start + i] = (v - mean) / Math.sqrt(variance + Math.fround(EPSILON));
    });
  }
  return out;
}

const channelOf = (i: number, cells: number, channels: number) => Math.floor(i / cells) % channels;

test("BatchNormalization with respect to input, scale and bias, in blocks of channels or not", () =>
  forAll(fc.constantFrom([2, 3, 2, 2], [2, 8, 2, 3], [4, 3], [2, 3, 4]), (dims, seed): RuleCase => {
    const channels = dims[1];
    const cells = sizeOf(dims.slice(2));
    const constant = (n: number) => ({
      type: DataType.FLOAT,
      dims: [channels],
      data: Float32Array.from(variable(seed + n, [channels], "positive").data),
    });
    const [mean, variance] = [constant(3), constant(4)];
    return {
      op: "BatchNormalization",
      opset: 15,
      inputs: [
        variable(seed, dims),
        variable(seed + 1, [channels], "positive"),
        variable(seed + 2, [channels]),
        mean,
        variance,
      ],
      attributes: { epsilon },
      reference: ([x, scale, bias]) =>
        x.map((v, i) => {
          const c = channelOf(i, cells, channels);
          return ((v - mean.data[c]) / Math.sqrt(variance.data[c] + Math.fround(EPSILON))) * scale[c] + bias[c];
        }),
    };
  }));

test("InstanceNormalization with respect to input, scale and bias", () =>
  forAll(fc.constantFrom([2, 3, 2, 3], [1, 2, 5]), (dims, seed): RuleCase => {
    const cells = sizeOf(dims.slice(2));
    return {
      op: "InstanceNormalization",
      inputs: [variable(seed, dims), variable(seed + 1, [dims[1]]), variable(seed + 2, [dims[1]])],
      attributes: { epsilon },
      reference: ([x, scale, bias]) =>
        standardise(x, cells).map(
          (v, i) => v * scale[channelOf(i, cells, dims[1])] + bias[channelOf(i, cells, dims[1])],
        ),
    };
  }));

test("LayerNormalization over one or more axes, with respect to input, scale and bias", () =>
  forAll(fc.constantFrom(-1, 1, -2), (axis, seed): RuleCase => {
    const dims = [2, 3, 4];
    const inner = dims.slice(axis);
    const size = sizeOf(inner);
    return {
      op: "LayerNormalization",
      inputs: [variable(seed, dims), variable(seed + 1, inner), variable(seed + 2, inner)],
      attributes: { axis, epsilon },
      reference: ([x, scale, bias]) => standardise(x, size).map((v, i) => v * scale[i % size] + bias[i % size]),
    };
  }));

test("LayerNormalization without a bias", () =>
  checkRule({
    op: "LayerNormalization",
    inputs: [variable(1, [2, 5]), variable(2, [5])],
    attributes: { epsilon },
    reference: ([x, scale]) => standardise(x, 5).map((v, i) => v * scale[i % 5]),
  }));

test("GroupNormalization with scales by channel (opset 21)", () =>
  forAll(
    fc.constantFrom(1, 2, 4),
    (groups, seed): RuleCase => ({
      op: "GroupNormalization",
      opset: 21,
      inputs: [variable(seed, [2, 4, 2, 2]), variable(seed + 1, [4]), variable(seed + 2, [4])],
      attributes: { epsilon, num_groups: groups },
      reference: ([x, scale, bias]) =>
        standardise(x, (4 / groups) * 4).map((v, i) => v * scale[channelOf(i, 4, 4)] + bias[channelOf(i, 4, 4)]),
    }),
    6,
  ));

test("GroupNormalization with scales by group (opset 18)", () =>
  checkRule({
    op: "GroupNormalization",
    opset: 18,
    inputs: [variable(3, [2, 4, 3]), variable(4, [2]), variable(5, [2])],
    attributes: { epsilon, num_groups: 2 },
    reference: ([x, scale, bias]) =>
      standardise(x, 6).map((v, i) => v * scale[channelOf(i, 6, 2)] + bias[channelOf(i, 6, 2)]),
  }));

test("LpNormalization by either norm", () =>
  forAll(fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(0, 1, -1)), ([p, axis], seed) => ({
    op: "LpNormalization",
    inputs: [variable(seed, [3, 4])],
    attributes: { p, axis },
  })));

test("LRN over neighbouring channels", () =>
  forAll(
    fc.constantFrom(1, 3, 5),
    (size, seed): RuleCase => ({
      op: "LRN",
      inputs: [variable(seed, [1, 5, 2, 2])],
      attributes: { size, alpha: float(0.3), beta: float(0.6), bias: float(1.5) },
      reference: ([x]) =>
        x.map((v, i) => {
          const [c, cell] = [Math.floor(i / 4), i % 4];
          let sum = 0;
          for (let d = c - Math.floor((size - 1) / 2); d <= c + Math.ceil((size - 1) / 2); d++) {
            if (d >= 0 && d < 5) sum += x[d * 4 + cell] ** 2;
          }
          return v / (Math.fround(1.5) + (Math.fround(0.3) / size) * sum) ** Math.fround(0.6);
        }),
    }),
  ));
