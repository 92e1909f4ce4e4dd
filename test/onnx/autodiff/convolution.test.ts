import { test } from "node:test";
import fc from "fast-check";
import { checkRule, forAll, ints, type RuleCase, variable } from "./check.js";

const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  size: fc.tuple(fc.integer({ min: 5, max: 8 }), fc.integer({ min: 5, max: 8 })),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.constantFrom([1, 1], [2, 2], [3, 3], [2, 1]),
  dilation: fc.constantFrom([1, 1], [1, 1], [2, 2]),
  pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
  group: fc.constantFrom(
    { group: 1, inputs: 2, outputs: 3 },
    { group: 2, inputs: 4, outputs: 2 },
    { group: 3, inputs: 3, outputs: 3 },
    { group: 2, inputs: 2, outputs: 4 },
  ),
});

test("Conv of any stride, dilation, padding and grouping, with respect to input, weights and bias", () =>
  forAll(
    geometry,
    ({ batch, size, kernel, stride, dilation, pads, group: { group, inputs, outputs } }, seed): RuleCase => ({
      op: "Conv",
      inputs: [
        variable(seed, [batch, inputs, ...size], "whole"),
        variable(seed + 1, [outputs, inputs / group, ...kernel], "whole"),
        variable(seed + 2, [outputs], "whole"),
      ],
      attributes: { group, strides: stride, dilations: dilation, pads },
      reference: "linear",
    }),
    30,
  ));

test("Conv pads by itself", () =>
  forAll(
    fc.tuple(
      fc.constantFrom("SAME_UPPER", "SAME_LOWER", "VALID"),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 5, max: 8 }),
    ),
    ([auto, stride, size], seed): RuleCase => ({
      op: "Conv",
      inputs: [variable(seed, [1, 2, size, 6], "whole"), variable(seed + 1, [2, 2, 3, 2], "whole")],
      attributes: { auto_pad: auto, strides: [stride, stride] },
      reference: "linear",
    }),
  ));

test("depthwise Conv with stride 2 keeps its four phases through Clip and pointwise Conv", async () => {
  for (const size of [6, 7, 8]) {
    await checkRule({
      op: "Conv",
      inputs: [variable(size, [2, 8, size, size], "whole"), variable(1, [8, 1, 3, 3], "whole")],
      attributes: { group: 8, strides: [2, 2], pads: [1, 1, 1, 1] },
      reference: "linear",
      wrt: [0],
    });
  }
});

test("Conv in one and three dimensions", async () => {
  await forAll(
    fc.constantFrom(1, 2),
    (stride, seed): RuleCase => ({
      op: "Conv",
      inputs: [variable(seed, [2, 4, 9], "whole"), variable(seed + 1, [4, 2, 3], "whole")],
      attributes: { group: 2, strides: [stride], pads: [1, 2], dilations: [2] },
      reference: "linear",
    }),
    4,
  );
  await checkRule({
    op: "Conv",
    inputs: [variable(3, [1, 2, 4, 3, 4], "whole"), variable(4, [2, 2, 2, 2, 2], "whole")],
    attributes: { strides: [2, 1, 2], pads: [0, 1, 0, 1, 0, 1] },
    reference: "linear",
    wrt: [0],
  });
});

test("Conv at a batch that grows", () =>
  checkRule({
    op: "Conv",
    batched: true,
    inputs: [variable(5, [3, 2, 6, 6], "whole"), variable(6, [2, 2, 3, 3], "whole")],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
    reference: "linear",
  }));

test("ConvTranspose with respect to input, weights and bias", () =>
  forAll(
    fc.record({
      stride: fc.constantFrom(1, 2, 3),
      dilation: fc.constantFrom(1, 2),
      pad: fc.integer({ min: 0, max: 1 }),
      extra: fc.boolean(),
      group: fc.constantFrom(1, 2),
    }),
    ({ stride, dilation, pad, extra, group }, seed): RuleCase => ({
      op: "ConvTranspose",
      inputs: [
        variable(seed, [2, 4, 4, 3], "whole"),
        variable(seed + 1, [4, 2, 3, 2], "whole"),
        variable(seed + 2, [2 * group], "whole"),
      ],
      attributes: {
        group,
        strides: [stride, stride],
        dilations: [dilation, dilation],
        pads: [pad, pad, pad, pad],
        output_padding: extra && stride > 1 ? [1, 1] : [0, 0],
      },
      reference: "linear",
    }),
    16,
  ));

test("ConvTranspose that pads by itself", () =>
  forAll(
    fc.constantFrom("SAME_UPPER", "VALID"),
    (auto, seed): RuleCase => ({
      op: "ConvTranspose",
      inputs: [variable(seed, [1, 2, 4, 4], "whole"), variable(seed + 1, [2, 2, 3, 3], "whole")],
      attributes: { auto_pad: auto, strides: [2, 2] },
      reference: "linear",
    }),
    4,
  ));

test("Col2Im cuts the blocks out again", () =>
  forAll(
    fc.constantFrom<{ strides?: number[]; pads?: number[]; dilations?: number[] }>(
      { strides: [2, 2] },
      { strides: [1, 1], pads: [1, 1, 1, 1] },
      { dilations: [2, 1] },
    ),
    (attributes, seed): RuleCase => {
      const blocks = [0, 1].map((i) => {
        const pad = (attributes.pads?.[i] ?? 0) * 2;
        return (
          Math.floor(([4, 6][i] + pad - (attributes.dilations?.[i] ?? 1) - 1) / (attributes.strides?.[i] ?? 1)) + 1
        );
      });
      return {
        op: "Col2Im",
        inputs: [variable(seed, [2, 8, blocks[0] * blocks[1]], "whole"), ints([4, 6]), ints([2, 2])],
        attributes,
        reference: "linear",
      };
    },
    6,
  ));
