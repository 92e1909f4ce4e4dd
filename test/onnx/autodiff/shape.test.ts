import { test } from "node:test";
import fc from "fast-check";
import { DataType } from "../../../src/onnx/constant.js";
import { checkRule, forAll, ints, type RuleCase, variable } from "./check.js";

const whole = (seed: number, dims: readonly number[]) => variable(seed, dims, "whole");
const linear = "linear" as const;

test("Reshape, Flatten, Squeeze and Unsqueeze give gradients their old shape", async () => {
  await checkRule({ op: "Reshape", inputs: [whole(1, [2, 3, 4]), ints([4, -1])], reference: linear });
  await checkRule({ op: "Reshape", batched: true, inputs: [whole(2, [3, 2, 4]), ints([0, 8])], reference: linear });
  await checkRule({ op: "Flatten", inputs: [whole(3, [2, 3, 4])], attributes: { axis: 2 }, reference: linear });
  await checkRule({ op: "Squeeze", inputs: [whole(4, [2, 1, 3, 1]), ints([1, -1])], reference: linear });
  await checkRule({
    op: "Squeeze",
    opset: 11,
    inputs: [whole(5, [2, 1, 3, 1])],
    attributes: { axes: [1, 3] },
    reference: linear,
  });
  await checkRule({ op: "Unsqueeze", inputs: [whole(6, [2, 3]), ints([0, -1])], reference: linear });
  await checkRule({
    op: "Unsqueeze",
    opset: 11,
    inputs: [whole(7, [2, 3])],
    attributes: { axes: [1] },
    reference: linear,
  });
});

test("Transpose by any permutation", () =>
  forAll(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (perm, seed) => ({
    op: "Transpose",
    inputs: [whole(seed, [2, 3, 1, 4])],
    attributes: { perm },
    reference: linear,
  })));

test("Transpose without a permutation turns the axes round", () =>
  checkRule({ op: "Transpose", inputs: [whole(8, [2, 3, 4])], reference: linear }));

test("Concat gives each operand its part", () =>
  forAll(fc.integer({ min: -3, max: 2 }), (axis, seed) => {
    const dims = (size: number) => [2, 3, 2].map((dim, i) => (i === (axis + 3) % 3 ? size : dim));
    return {
      op: "Concat",
      inputs: [whole(seed, dims(1)), whole(seed + 1, dims(3)), whole(seed + 2, dims(2))],
      attributes: { axis },
      reference: linear,
    };
  }));

test("Concat of something along with itself", () => {
  const x = whole(9, [2, 3]);
  return checkRule({ op: "Concat", inputs: [x, whole(10, [2, 2])], attributes: { axis: 1 }, reference: linear });
});

test("Split into given and equal parts", async () => {
  await checkRule({
    op: "Split",
    inputs: [whole(11, [2, 6]), ints([2, 2, 2])],
    attributes: { axis: 1 },
    outputs: 3,
    reference: linear,
  });
  await checkRule({
    op: "Split",
    opset: 11,
    inputs: [whole(12, [2, 6])],
    attributes: { axis: 1, split: [3, 3] },
    outputs: 2,
    reference: linear,
  });
  await checkRule({
    op: "Split",
    opset: 13,
    inputs: [whole(13, [2, 6])],
    attributes: { axis: -1 },
    outputs: 2,
    reference: linear,
  });
});

const slices = fc.record({
  start: fc.integer({ min: -6, max: 6 }),
  end: fc.integer({ min: -6, max: 9 }),
  step: fc.constantFrom(1, 1, 2, -1, -2),
  axis: fc.integer({ min: -2, max: 1 }),
});

test("Slice from anywhere, with any step", () =>
  forAll(
    slices.filter(({ start, end, step }) => {
      const all = Array.from({ length: 6 }, (_, i) => i);
      const from = start < 0 ? start + 6 : start;
      const to = end < 0 ? end + 6 : end;
      return step > 0 ? all.slice(from, to).length > 0 : from > to;
    }),
    ({ start, end, step, axis }, seed) => ({
      op: "Slice",
      inputs: [whole(seed, [6, 6]), ints([start]), ints([end]), ints([axis]), ints([step])],
      reference: linear,
    }),
    25,
  ));

test("Slice of opset 9 keeps its numbers in attributes", () =>
  checkRule({
    op: "Slice",
    opset: 9,
    inputs: [whole(14, [5, 4])],
    attributes: { starts: [1, 0], ends: [4, -1], axes: [0, 1] },
    reference: linear,
  }));

test("Slice of rows of a batch that grows", () =>
  checkRule({
    op: "Slice",
    batched: true,
    inputs: [whole(15, [3, 5, 2]), ints([1]), ints([100]), ints([1]), ints([2])],
    reference: linear,
  }));

test("Pad in every mode", () =>
  forAll(
    fc.tuple(
      fc.constantFrom("constant", "reflect", "edge", "wrap"),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    ),
    ([mode, [a, b, c, d]], seed): RuleCase => ({
      op: "Pad",
      inputs: [whole(seed, [1, 2, 4, 5]), ints([0, 0, a, b, 0, 0, c, d])],
      attributes: { mode },
      reference: linear,
    }),
    16,
  ));

test("Pad that cuts, Pad of opset 9, Pad of listed axes and the padding's own gradient", async () => {
  await checkRule({ op: "Pad", inputs: [whole(16, [4, 5]), ints([-1, 2, 1, -2])], reference: linear });
  await checkRule({
    op: "Pad",
    opset: 9,
    inputs: [whole(17, [4, 5])],
    attributes: { pads: [1, 0, 0, 2] },
    reference: linear,
  });
  await checkRule({
    op: "Pad",
    inputs: [whole(18, [2, 3]), ints([1, 2]), whole(19, []), ints([1])],
    reference: linear,
  });
});

test("Expand and Tile sum over copies", async () => {
  await checkRule({ op: "Expand", inputs: [whole(20, [2, 1, 3]), ints([4, 2, 2, 3])], reference: linear });
  await checkRule({ op: "Tile", inputs: [whole(21, [2, 3]), ints([2, 3])], reference: linear });
  await checkRule({ op: "Tile", batched: true, inputs: [whole(22, [2, 3]), ints([1, 2])], reference: linear });
});

test("DepthToSpace in both modes, and SpaceToDepth", async () => {
  for (const mode of ["DCR", "CRD"]) {
    await checkRule({
      op: "DepthToSpace",
      inputs: [whole(23, [2, 8, 2, 3])],
      attributes: { blocksize: 2, mode },
      reference: linear,
    });
  }
  await checkRule({
    op: "SpaceToDepth",
    inputs: [whole(24, [2, 2, 4, 6])],
    attributes: { blocksize: 2 },
    reference: linear,
  });
});

test("Trilu, Compress, Identity, Dropout and Cast", async () => {
  await checkRule({ op: "Trilu", inputs: [whole(25, [2, 3, 4])], attributes: { upper: 0 }, reference: linear });
  const keep = { type: DataType.BOOL, dims: [3], data: Uint8Array.of(1, 0, 1) };
  await checkRule({ op: "Compress", inputs: [whole(26, [2, 3]), keep], attributes: { axis: 1 }, reference: linear });
  await checkRule({ op: "Identity", inputs: [whole(27, [2, 3])], reference: linear });
  await checkRule({ op: "Dropout", inputs: [whole(28, [2, 3])], reference: linear });
  await checkRule({ op: "Dropout", opset: 9, inputs: [whole(29, [2, 3])], reference: linear });
  await checkRule({ op: "Cast", inputs: [whole(30, [2, 3])], attributes: { to: DataType.FLOAT }, reference: linear });
});
