import { test } from "node:test";
import fc from "fast-check";
import { DataType } from "../../../src/onnx/constant.js";
import { broadcastTo, checkRule, forAll, ints, shapes, variable } from "./check.js";

const pair = shapes(1, 4)
  .chain((dims) => fc.tuple(fc.constant(dims), broadcastTo(dims), fc.boolean()))
  .map(([dims, other, swap]) => [dims, other, swap && other.length > 0] as const);

for (const op of ["Add", "Sub", "Mul", "Div"]) {
  test(`${op} sums gradients over the axes that were broadcast`, () =>
    forAll(pair, ([dims, other, swap], seed) => {
      const operands = [variable(seed, dims, "positive"), variable(seed + 1, other, "positive")];
      return { op, inputs: swap ? operands.reverse() : operands };
    }));
}

test("both operands may stretch the other", () =>
  checkRule({ op: "Mul", inputs: [variable(1, [3, 1, 2]), variable(2, [4, 1])] }));

test("a batch that grows is summed to operands that do not", () =>
  forAll(fc.constantFrom("Add", "Mul", "Sub", "Div"), (op, seed) => ({
    op,
    batched: true,
    inputs: [variable(seed, [3, 2, 2], "positive"), variable(seed + 1, [1, 2, 1], "positive")],
  })));

for (const op of ["Sum", "Mean"]) {
  test(`${op} takes any number of operands`, () =>
    forAll(
      shapes(1, 3).chain((dims) => fc.tuple(fc.constant(dims), broadcastTo(dims))),
      ([dims, other], seed) => ({
        op,
        inputs: [variable(seed, dims, "whole"), variable(seed + 1, other, "whole"), variable(seed + 2, dims, "whole")],
        reference: "linear",
      }),
      6,
    ));
}

for (const op of ["Max", "Min"]) {
  test(`${op} gives the gradient to the extreme operand`, () =>
    forAll(
      shapes(1, 3).chain((dims) => fc.tuple(fc.constant(dims), broadcastTo(dims))),
      ([dims, other], seed) => ({
        op,
        inputs: [variable(seed, dims), variable(seed + 1, other), variable(seed + 2, [1])],
      }),
      8,
    ));

  test(`${op} with a constant is a clip`, () =>
    forAll(
      fc.boolean(),
      (first, seed) => {
        const constant = { type: DataType.DOUBLE, dims: [], data: Float64Array.of(0) };
        const x = variable(seed, [2, 3]);
        return {
          op,
          inputs: [x, { ...constant, type: DataType.FLOAT, data: Float32Array.of(first ? 0 : 0.5) }],
          reference: ([values]) => values.map((v) => (op === "Max" ? Math.max : Math.min)(v, first ? 0 : 0.5)),
        };
      },
      4,
    ));
}

test("Pow is differentiated with respect to base and exponent", () =>
  forAll(pair, ([dims, other], seed) => ({
    op: "Pow",
    inputs: [variable(seed, dims, "positive"), variable(seed + 1, other, "positive")],
  })));

test("Pow with a constant exponent takes negative bases", () =>
  forAll(fc.constantFrom(1, 2, 3, -1), (exponent, seed) => ({
    op: "Pow",
    inputs: [variable(seed, [2, 3]), { type: DataType.FLOAT, dims: [], data: Float32Array.of(exponent) }],
    reference: ([x]) => x.map((v) => v ** exponent),
  })));

test("Where sends gradients to the operand that was taken", () =>
  forAll(
    fc.tuple(fc.constantFrom([2, 3], [3], [1]), fc.constantFrom([2, 3], [2, 1], [1])),
    ([a, b], seed) => ({
      op: "Where",
      inputs: [
        { type: DataType.BOOL, dims: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 1) },
        variable(seed, a),
        variable(seed + 1, b),
      ],
    }),
    8,
  ));

test("CumSum runs back the other way", () =>
  forAll(
    fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 2 })),
    ([exclusive, reverse, axis], seed) => ({
      op: "CumSum",
      inputs: [variable(seed, [2, 3, 4]), ints([axis], [])],
      attributes: { exclusive, reverse },
    }),
  ));
