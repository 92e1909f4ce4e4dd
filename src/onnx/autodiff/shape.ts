import { ints } from "../constant.js";
import { type Rule, repeat, type Step } from "./step.js";
import type { Gradient } from "./tape.js";

const reshaped: Rule = (step) => [() => step.like(step.dy())];

/** The elements of one input of a Concat. */
function part(step: Step, input: number, axis: number): string {
  const sizes = step.node.input.map((name) => step.dims(name)[axis]);
  if (sizes.some((size) => size === undefined)) {
    const split = step.op(
      "Concat",
      step.node.input.map((name) => step.op("Slice", [step.tape.shapeOf(name), ints([axis]), ints([axis + 1])])),
      { axis: 0 },
    );
    return step.tape.ops("Split", [step.dy(), split], { axis }, step.node.input.length)[input];
  }
  const start = sizes.slice(0, input).reduce<number>((sum, size) => sum + (size as number), 0);
  return step.slice(step.dy(), axis, start, start + (sizes[input] as number));
}

/** Fills a gradient up with zeros on one axis. */
export function padded(step: Step, gradient: string, axis: number, before: number, after: number, input = 0): string {
  const rank = step.dims(step.x(input)).length;
  const pads = new Array<number>(2 * rank).fill(0);
  pads[axis] = before;
  pads[rank + axis] = after;
  return before === 0 && after === 0 ? gradient : step.op("Pad", [gradient, ints(pads), step.scalar(0)]);
}

function slice(step: Step): Gradient {
  const rank = step.dims().length;
  const [starts, ends] = [step.numbers(1), step.numbers(2)];
  const axes = step.numbers(
    3,
    Array.from({ length: starts?.length ?? 0 }, (_, i) => i),
  );
  const steps = step.numbers(
    4,
    axes?.map(() => 1),
  );
  const simple = starts && ends && axes && steps?.every((stride) => stride === 1);
  const sizes = axes?.map((axis) => step.dims()[step.axis(axis)]);
  if (!simple || sizes?.some((size) => size === undefined)) {
    return step.scatterBack(0, (numbers) => repeat(step, [numbers, ...step.node.input.slice(1)]));
  }
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    const size = sizes?.[i] as number;
    const at = step.axis(axis);
    const from = Math.min(size, Math.max(0, starts[i] < 0 ? starts[i] + size : starts[i]));
    pads[at] = from;
    pads[rank + at] = size - from - step.size(step.y(), at);
  });
  return step.op("Pad", [step.dy(), ints(pads), step.scalar(0)]);
}

function pad(step: Step): Gradient {
  const mode = step.attributes.string("mode", "constant");
  const pads = step.numbers(1);
  const rank = step.dims().length;
  const axes = step
    .numbers(
      3,
      Array.from({ length: rank }, (_, i) => i),
    )
    ?.map((axis) => step.axis(axis));
  if (
    mode === "constant" &&
    pads &&
    axes?.every((axis) => step.dims()[axis] !== undefined || isIdle(pads, axes, axis))
  ) {
    const moved = axes.filter((axis) => !isIdle(pads, axes, axis));
    if (moved.length === 0) return step.lazy();
    const sizes = moved.map((axis) => step.size(step.x(), axis));
    const [before, after] = [0, axes.length].map((from) => moved.map((axis) => pads[from + axes.indexOf(axis)]));
    // Negative pads cut: what they cut off gets no gradient.
    const cut = step.op("Slice", [
      step.dy(),
      ints(before.map((n) => Math.max(0, n))),
      ints(before.map((n, i) => Math.max(0, n) + sizes[i] + Math.min(0, n) + Math.min(0, after[i]))),
      ints(moved),
    ]);
    if ([...before, ...after].every((n) => n >= 0)) return cut;
    const back = new Array<number>(2 * rank).fill(0);
    moved.forEach((axis, i) => {
      back[axis] = Math.max(0, -before[i]);
      back[rank + axis] = Math.max(0, -after[i]);
    });
    return step.op("Pad", [cut, ints(back), step.scalar(0)]);
  }
  if (mode === "constant") {
    // The padding points behind the last element, which no gradient is taken from.
    const none = step.op("Pad", [
      step.op("Expand", [step.scalar(1), step.tape.shapeOf(step.x())]),
      ...step.node.input.slice(1, 2),
      step.scalar(0),
      ...step.node.input.slice(3),
    ]);
    const kept = step.mul(step.dy(), none);
    return step.scatterBack(
      0,
      (numbers) => repeat(step, [numbers, step.x(1), step.tape.constant(ints(0)), ...step.node.input.slice(3)]),
      kept,
    );
  }
  return step.scatterBack(0, (numbers) => repeat(step, [numbers, step.x(1), "", ...step.node.input.slice(3)]));
}

const isIdle = (pads: readonly number[], axes: readonly number[], axis: number) =>
  pads[axes.indexOf(axis)] === 0 && pads[axes.length + axes.indexOf(axis)] === 0;

/** Operators that move elements, make copies of them or leave them out. */
export const shape: Readonly<Record<string, Rule>> = {
  Identity: (step) => [() => step.lazy()],
  Dropout: (step) => {
    if (step.constant(2)?.data[0]) throw step.unsupported("in training mode");
    return [() => step.lazy()];
  },
  Cast: (step) => [() => step.op("Cast", [step.dy()], { to: step.tape.gradientType(step.x()) })],
  CastLike: (step) => [() => step.op("Cast", [step.dy()], { to: step.tape.gradientType(step.x()) })],
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: (step) => [
    () => {
      const rank = step.dims().length;
      const perm = step.attributes.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
      return step.transpose(
        step.dy(),
        perm.map((_, axis) => perm.indexOf(axis)),
      );
    },
  ],
  Concat: (step) => {
    const axis = step.axis(step.attributes.int("axis", 0));
    return step.node.input.map((_, i) => () => part(step, i, axis));
  },
  Split: (step) => [
    () => {
      const gradients = step.node.output.map((name, i) =>
        step.hasGradient(i) ? step.dy(i) : step.tape.zerosLike(name),
      );
      return step.op("Concat", gradients, { axis: step.attributes.int("axis", 0) });
    },
  ],
  Slice: (step) => [() => slice(step)],
  Pad: (step) => {
    const value = () => {
      const inside = step.op("Pad", [
        step.op("Expand", [step.scalar(0), step.tape.shapeOf(step.x())]),
        step.x(1),
        step.scalar(1),
        ...step.node.input.slice(3),
      ]);
      return step.tape.reshapeLike(step.op("ReduceSum", [step.mul(step.dy(), inside)], { keepdims: 0 }), step.x(2));
    };
    return [() => pad(step), undefined, value];
  },
  Expand: (step) => [() => step.fit(step.dy(), 0)],
  Tile: (step) => [() => step.scatterBack(0, (numbers) => repeat(step, [numbers, step.x(1)]))],
  DepthToSpace: (step) => [
    () => {
      const blocksize = step.attributes.int("blocksize", 1);
      const deep = step.op("SpaceToDepth", [step.dy()], { blocksize });
      if (step.attributes.string("mode", "DCR") === "DCR") return deep;
      const [channels, height, width] = [1, 2, 3].map((axis) => step.size(step.x(), axis));
      const area = blocksize * blocksize;
      const apart = step.reshape(deep, [-1, area, channels / area, height, width]);
      return step.like(step.transpose(apart, [0, 2, 1, 3, 4]));
    },
  ],
  SpaceToDepth: (step) => [
    () => step.op("DepthToSpace", [step.dy()], { blocksize: step.attributes.int("blocksize", 1), mode: "DCR" }),
  ],
  Trilu: (step) => [() => repeat(step, [step.dy(), ...step.node.input.slice(1)])],
  ReverseSequence: (step) => [() => repeat(step, [step.dy(), step.x(1)])],
  Compress: (step) => [() => step.scatterBack(0, (numbers) => repeat(step, [numbers, step.x(1)]))],
};
