import { ints } from "../constant.js";
import type { Rule, Step } from "./step.js";
import type { Gradient } from "./tape.js";

interface Reduction {
  readonly step: Step;
  readonly axes: readonly number[];
  /** Result and its gradient with the reduced axes kept as 1. */
  readonly y: string;
  readonly dy: string;
}

const reduces =
  (gradient: (reduction: Reduction) => Gradient): Rule =>
  (step) => [
    () => {
      const rank = step.dims().length;
      const given = step.numbers(1, []);
      if (!given) throw step.unsupported("with computed axes");
      if (given.length === 0 && step.attributes.int("noop_with_empty_axes", 0)) return step.lazy();
      const axes = given.length ? given.map((axis) => step.axis(axis)) : Array.from({ length: rank }, (_, i) => i);
      const keeps = step.attributes.int("keepdims", 1) === 1;
      const sorted = [...axes].sort((a, b) => a - b);
      const open = (name: string) => (keeps ? name : step.op("Unsqueeze", [name, ints(sorted)]));
      return gradient({ step, axes, y: open(step.y()), dy: open(step.dy()) });
    },
  ];

const spread = (tensor: string): Gradient => ({ kind: "spread", tensor });

/** How many elements go into one, as a tensor or a number. */
function count(step: Step, axes: readonly number[]): number | string {
  const dims = axes.map((axis) => step.dims()[axis]);
  if (dims.every((dim) => dim !== undefined))
    return dims.reduce<number>((product, dim) => product * (dim as number), 1);
  const sizes = step.op("Gather", [step.tape.shapeOf(step.x()), ints(axes)]);
  return step.indicator(step.op("ReduceProd", [sizes], { keepdims: 0 }));
}

const extremum = reduces(({ step, axes, y, dy }) => {
  const winners = step.indicator(step.compare("Equal", step.x(), y));
  return step.mul(winners, step.div(dy, step.reduce("ReduceSum", winners, axes)));
});

export const reduction: Readonly<Record<string, Rule>> = {
  ReduceSum: reduces(({ dy }) => spread(dy)),
  ReduceMean: reduces(({ step, axes, dy }) => spread(step.div(dy, count(step, axes)))),
  ReduceMax: extremum,
  ReduceMin: extremum,
  ReduceL1: reduces(({ step, dy }) => step.mul(step.op("Sign", [step.x()]), dy)),
  ReduceL2: reduces(({ step, y, dy }) => {
    const length = step.where(step.compare("Greater", y, 0), y, 1);
    return step.mul(step.x(), step.div(dy, length));
  }),
  ReduceSumSquare: reduces(({ step, dy }) => step.mul(step.x(), step.mul(dy, 2))),
  ReduceLogSum: reduces(({ step, y, dy }) => spread(step.div(dy, step.exp(y)))),
  ReduceLogSumExp: reduces(({ step, y, dy }) => step.mul(step.exp(step.sub(step.x(), y)), dy)),
  ReduceProd: reduces(({ step, y, dy }) => step.div(step.mul(y, dy), step.x())),
};
