import { test } from "node:test";
import fc from "fast-check";
import { float } from "../../../src/onnx/attributes.js";
import { checkRule, forAll, type RuleCase, variable } from "./check.js";

test("Gemm with any transposition, factors and a broadcast bias", () =>
  forAll(
    fc.tuple(
      fc.integer({ min: 0, max: 1 }),
      fc.integer({ min: 0, max: 1 }),
      fc.constantFrom([2, 4], [4], [1, 4], [2, 1], [1]),
    ),
    ([transA, transB, bias], seed): RuleCase => ({
      op: "Gemm",
      inputs: [
        variable(seed, transA ? [3, 2] : [2, 3]),
        variable(seed + 1, transB ? [4, 3] : [3, 4]),
        variable(seed + 2, bias),
      ],
      attributes: { transA, transB, alpha: float(0.5), beta: float(2) },
    }),
    16,
  ));

test("MatMul broadcasts batches and takes vectors for matrices", () =>
  forAll(
    fc.constantFrom<[number[], number[]]>(
      [
        [2, 3],
        [3, 4],
      ],
      [
        [2, 2, 3],
        [3, 4],
      ],
      [
        [3, 4],
        [2, 4, 2],
      ],
      [
        [2, 1, 3, 2],
        [4, 2, 3],
      ],
      [[3], [3, 2]],
      [[2, 3], [3]],
      [[3], [3]],
      [[3], [2, 3, 2]],
      [[2, 2, 3], [3]],
    ),
    ([a, b], seed) => ({ op: "MatMul", inputs: [variable(seed, a), variable(seed + 1, b)] }),
    20,
  ));

test("MatMul at a batch that grows", () =>
  checkRule({ op: "MatMul", batched: true, inputs: [variable(1, [3, 2, 4]), variable(2, [4, 2])] }));

test("Einsum of transposes, products, sums and an ellipsis", () =>
  forAll(
    fc.constantFrom<[string, number[][]]>(
      [
        "ij,jk->ik",
        [
          [2, 3],
          [3, 4],
        ],
      ],
      [
        "bij,bkj->bik",
        [
          [2, 3, 2],
          [2, 4, 2],
        ],
      ],
      ["ij->ji", [[2, 3]]],
      ["ij->i", [[2, 3]]],
      ["ij,k->i", [[2, 3], [4]]],
      [
        "bhid,bhjd->bhij",
        [
          [1, 2, 3, 2],
          [1, 2, 4, 2],
        ],
      ],
      [
        "...ij,...jk->...ik",
        [
          [2, 2, 3],
          [2, 3, 2],
        ],
      ],
      [
        "ij,jk",
        [
          [2, 3],
          [3, 2],
        ],
      ],
      ["i,i,i->i", [[3], [3], [3]]],
    ),
    ([equation, dims], seed) => ({
      op: "Einsum",
      inputs: dims.map((d, i) => variable(seed + i, d)),
      attributes: { equation },
    }),
    18,
  ));
