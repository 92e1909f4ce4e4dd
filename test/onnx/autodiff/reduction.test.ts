import { test } from "node:test";
import fc from "fast-check";
import { type Draw, forAll, ints, type RuleCase, variable } from "./check.js";

const DRAWS: Readonly<Record<string, Draw>> = {
  ReduceSum: "smooth",
  ReduceMean: "smooth",
  ReduceMax: "distinct",
  ReduceMin: "distinct",
  ReduceL1: "smooth",
  ReduceL2: "smooth",
  ReduceSumSquare: "smooth",
  ReduceLogSum: "positive",
  ReduceLogSumExp: "smooth",
  ReduceProd: "positive",
};

const l1 = (
  dims: readonly number[],
  axes: readonly number[],
  x: Float64Array,
  keep: (groups: number[][]) => number[],
) => {
  const groups = new Map<string, number[]>();
  x.forEach((value, i) => {
    const place: number[] = [];
    let rest = i;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place.unshift(axes.includes(axis) ? 0 : rest % dims[axis]);
      rest = Math.floor(rest / dims[axis]);
    }
    groups.set(place.join(), [...(groups.get(place.join()) ?? []), value]);
  });
  return keep([...groups.values()]);
};

/** Reductions that the runtime does not have in double precision. */
const GROUPS: Readonly<Record<string, (values: number[]) => number>> = {
  ReduceL1: (values) => values.reduce((sum, value) => sum + Math.abs(value), 0),
  ReduceL2: (values) => Math.hypot(...values),
  ReduceLogSum: (values) => Math.log(values.reduce((a, b) => a + b, 0)),
};

for (const [op, draw] of Object.entries(DRAWS)) {
  test(`${op} over any axes, kept or dropped, before and since axes are an input`, () =>
    forAll(
      fc.tuple(
        fc.constantFrom([0], [1], [-1], [0, 2], [1, 2], [0, 1, 2]),
        fc.integer({ min: 0, max: 1 }),
        fc.constantFrom(11, 13, 18),
      ),
      ([axes, keepdims, opset], seed): RuleCase => {
        const byInput = opset >= 18 || (op === "ReduceSum" && opset >= 13);
        const dims = [2, 3, 4];
        const x = variable(seed, dims, draw);
        const group = GROUPS[op];
        const from = axes.map((axis) => (axis < 0 ? axis + 3 : axis));
        return {
          op,
          opset,
          inputs: byInput ? [x, ints(axes)] : [x],
          attributes: byInput ? { keepdims } : { axes, keepdims },
          reference: group && (([values]) => l1(dims, from, values, (groups) => groups.map(group))),
        };
      },
    ));
}

test("a reduction without axes is over all, or does nothing where it says so", () =>
  forAll(
    fc.integer({ min: 0, max: 1 }),
    (noop, seed) => ({
      op: "ReduceSum",
      inputs: [variable(seed, [2, 3])],
      attributes: { noop_with_empty_axes: noop, keepdims: 0 },
    }),
    4,
  ));

test("a mean over the batch that grows is over all of it", () =>
  forAll(
    fc.constantFrom([1], [2], [1, 2]),
    (axes, seed) => ({
      op: "ReduceMean",
      batched: true,
      inputs: [variable(seed, [3, 2, 4]), ints(axes)],
    }),
    4,
  ));
