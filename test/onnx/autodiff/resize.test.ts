import { test } from "node:test";
import fc from "fast-check";
import { float } from "../../../src/onnx/attributes.js";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { checkRule, forAll, ints, type RuleCase, variable } from "./check.js";

const scales = (values: readonly number[]): Constant => ({
  type: DataType.FLOAT,
  dims: [values.length],
  data: Float32Array.from(values),
});
const x = (seed: number, dims: readonly number[]) => variable(seed, dims, "whole");

test("Resize in all modes of interpolation and coordinates, up and down", () =>
  forAll(
    fc.record({
      mode: fc.constantFrom("nearest", "linear", "cubic"),
      coordinates: fc.constantFrom("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"),
      scale: fc.constantFrom([2, 2], [1.5, 2.5], [0.6, 0.5], [1, 3]),
      bySize: fc.boolean(),
      nearest: fc.constantFrom("round_prefer_floor", "floor", "ceil"),
    }),
    ({ mode, coordinates, scale: [down, across], bySize, nearest }, seed): RuleCase => ({
      op: "Resize",
      inputs: bySize
        ? [x(seed, [1, 2, 4, 5]), "", "", ints([1, 2, Math.floor(4 * down), Math.floor(5 * across)])]
        : [x(seed, [1, 2, 4, 5]), "", scales([1, 1, down, across])],
      attributes: { mode, coordinate_transformation_mode: coordinates, nearest_mode: nearest },
      reference: "linear",
    }),
    30,
  ));

test("Resize with antialiasing, and with listed axes", async () => {
  await checkRule({
    op: "Resize",
    inputs: [x(1, [1, 1, 6, 7]), "", scales([1, 1, 0.5, 0.6])],
    attributes: { mode: "linear", antialias: 1, cubic_coeff_a: float(-0.5) },
    reference: "linear",
  });
  await checkRule({
    op: "Resize",
    inputs: [x(2, [1, 2, 4, 5]), "", "", ints([6, 4])],
    attributes: { mode: "linear", axes: [2, 3] },
    reference: "linear",
  });
});

test("Resize at a batch that grows", () =>
  checkRule({
    op: "Resize",
    batched: true,
    inputs: [x(3, [3, 2, 2, 3]), "", scales([1, 1, 2, 2])],
    attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    reference: "linear",
  }));

test("Upsample and the Resize of opset 10", async () => {
  await checkRule({
    op: "Upsample",
    opset: 9,
    inputs: [x(4, [1, 2, 2, 3]), scales([1, 1, 2, 3])],
    attributes: { mode: "nearest" },
    reference: "linear",
  });
  await checkRule({
    op: "Resize",
    opset: 10,
    inputs: [x(5, [1, 2, 2, 3]), scales([1, 1, 2, 2])],
    attributes: { mode: "linear" },
    reference: "linear",
  });
});
