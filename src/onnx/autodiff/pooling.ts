import { DataType, ints, isFloat } from "../constant.js";
import type { Graph } from "../graph.js";
import { convolutionInput, type Window, windowOf } from "./convolution.js";
import { type Rule, repeat, type Step } from "./step.js";
import type { Gradient } from "./tape.js";

/** How many real elements each window of one axis holds. */
function realCounts({ input, output, kernel, strides, dilations, before }: Window, axis: number): number[] {
  return Array.from({ length: output[axis] }, (_, o) => {
    let count = 0;
    for (let k = 0; k < kernel[axis]; k++) {
      const at = o * strides[axis] + k * dilations[axis] - before[axis];
      if (at >= 0 && at < input[axis]) count++;
    }
    return count;
  });
}

function averagePool(step: Step): Gradient {
  const kernel = step.attributes.ints("kernel_shape") ?? [];
  const window = windowOf(step, kernel);
  const channels = step.size(step.x(), 1);
  const counts = kernel.map((_, axis) => realCounts(window, axis));
  const taps = kernel.reduce((a, b) => a * b, 1);
  const full = counts.every((axis, i) => axis.every((count) => count === kernel[i]));
  const gradient = full ? step.dy() : step.mul(step.dy(), sharePerWindow(step, window, counts));
  const weights = new Float32Array(channels * taps).fill(full ? 1 / taps : 1);
  const value = { ...step.floats(weights, [channels, 1, ...kernel]), data: weights };
  return convolutionInput(step, gradient, step.tape.constant(value), value, window, channels);
}

/** What one element counts in each window, [1, 1, …]: found by pooling ones, so that it is what the runtime does. */
function sharePerWindow(step: Step, { input, output }: Window, counts: readonly number[][]): string {
  const size = input.reduce((a, b) => a * b, 1);
  const ones = step.tape.constant(step.floats(new Float32Array(size).fill(1), [1, 1, ...input]));
  const real = counts.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
  return step.div(repeat(step, [ones]), step.tape.constant(step.floats(real, [1, 1, ...output])));
}

const spatialAxes = (step: Step) => step.dims().flatMap((_, axis) => (axis < 2 ? [] : [axis]));

/** Lower than any activation, yet far enough from overflow to be multiplied. */
const NOTHING = -(2 ** 60);
const STEEP = 2 ** 60;
const MOST_TAPS = 9;

/** What hands values on as they are, though elsewhere or fewer of them. */
const HANDS_ON =
  /^(Cast|Concat|Dropout|Flatten|Gather|Identity|MaxPool|Reshape|Slice|SpaceToDepth|Split|Squeeze|Transpose|Unsqueeze)$/;

/** Whether values may be those that a Pad has put in, −∞ among them. */
function isPadded(graph: Graph, name: string): boolean {
  const names = new Set([name]);
  for (const one of names) {
    const node = graph.producer(one);
    if (node?.opType === "Pad") return true;
    if (node && HANDS_ON.test(node.opType)) for (const input of node.input) names.add(input);
  }
  return false;
}

/**
 * Max pooling without indices, which cost more than the rest of the pooling: window position by window position the
 * gradient that is not given away yet goes to the elements equal to the maximum, so the first one takes it.
 */
function maxPoolByTaps(step: Step, window: Window): Gradient {
  const { input, output, kernel, strides, before } = window;
  const channels = step.size(step.x(), 1);
  const reach = kernel.map((size, i) => (output[i] - 1) * strides[i] + size);
  const after = input.map((size, i) => Math.max(0, reach[i] - size - before[i]));
  // "Same" padding is often written out as a Pad with −∞, which times 0 is no number.
  const infinite = isPadded(step.tape.source, step.x());
  const quantised = !isFloat(step.tape.type(step.x()));
  const finite = (tensor: string) => {
    const real = quantised ? step.op("Cast", [tensor], { to: step.type }) : tensor;
    return infinite ? step.op("Max", [real, step.scalar(NOTHING)]) : real;
  };
  const padded = [...before, ...after].some((pad) => pad > 0)
    ? step.op("Pad", [finite(step.x()), ints([0, 0, ...before, 0, 0, ...after]), step.scalar(NOTHING)])
    : finite(step.x());
  const depthwise = (
    tensor: string,
    weight: (row: number, column: number) => number,
    size: readonly number[],
    pads?: readonly number[],
    stride = [1, 1],
  ) => {
    const taps = Array.from({ length: size[0] * size[1] }, (_, i) => weight(Math.floor(i / size[1]), i % size[1]));
    const weights = Float32Array.from({ length: channels * taps.length }, (_, i) => taps[i % taps.length]);
    const value = step.floats(weights, [channels, 1, ...size]);
    return step.op("Conv", [tensor, value], { group: channels, kernel_shape: size, pads, strides: stride });
  };
  const [zero, one] = [step.scalar(0), step.scalar(1)];
  const top = depthwise(finite(step.y()), () => STEEP, [1, 1]);
  const parts = new Map<string, string>();
  let left = step.dy();
  for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
    const at = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const pick = (row: number, column: number) => (row === at[0] && column === at[1] ? -STEEP : 0);
    const below = step.op("Clip", [step.add(depthwise(padded, pick, kernel, undefined, [...strides]), top), zero, one]);
    const rest = step.mul(left, below);
    const given = step.sub(left, rest);
    left = rest;
    const shift = at.map((k, i) => k - before[i]);
    const phase = shift.map((s, i) => ((s % strides[i]) + strides[i]) % strides[i]);
    const offset = shift.map((s, i) => Math.floor(s / strides[i]));
    const rows = input.map((size, i) => Math.ceil(size / strides[i]));
    const lead = offset.map((o) => Math.max(0, o));
    const skip = offset.map((o) => Math.max(0, -o));
    const size = offset.map((_, i) => skip[i] + 1 + Math.max(0, output[i] + offset[i] - rows[i]));
    const tail = offset.map((_, i) => rows[i] + size[i] - 1 - output[i] - lead[i]);
    const moved =
      [...lead, ...tail].every((pad) => pad === 0) && size.every((s) => s === 1)
        ? given
        : depthwise(given, (row, column) => (row === skip[0] && column === skip[1] ? 1 : 0), size, [...lead, ...tail]);
    const key = phase.join();
    const before2 = parts.get(key);
    parts.set(key, before2 ? step.add(before2, moved) : moved);
  }
  const [sy, sx] = strides;
  if (sy === 1 && sx === 1) return parts.get("0,0") as string;
  const tensors = Array.from({ length: sy * sx }, (_, p) => parts.get(`${Math.floor(p / sx)},${p % sx}`));
  const filled = tensors.map((tensor) => tensor ?? step.mul(tensors.find((t) => t !== undefined) as string, 0));
  if (sy === 2 && input.every((size) => size % 2 === 0)) return { kind: "phases", tensors: filled };
  const whole = step.op("DepthToSpace", [step.op("Concat", filled, { axis: 1 })], { blocksize: sy, mode: "DCR" });
  return step.op("Slice", [whole, ints([0, 0]), ints([...input]), ints([2, 3])]);
}

/** Max pooling by the runtime's flat indices of the maxima. */
function maxPoolByIndices(step: Step): Gradient {
  const again = step.tape.ops("MaxPool", [step.x()], {}, 2);
  const node = step.tape.target.nodes.at(-1);
  if (node) node.attribute = step.node.attribute.filter(({ name }) => name !== "storage_order");
  return step.scatterAt(0, again[1]);
}

export const pooling: Readonly<Record<string, Rule>> = {
  MaxPool: (step) => [
    () => {
      const kernel = step.attributes.ints("kernel_shape") ?? [];
      const window = windowOf(step, kernel);
      const plain =
        step.type === DataType.FLOAT &&
        kernel.length === 2 &&
        window.strides[0] === window.strides[1] &&
        window.dilations.every((dilation) => dilation === 1) &&
        kernel[0] * kernel[1] <= MOST_TAPS;
      return plain ? maxPoolByTaps(step, window) : maxPoolByIndices(step);
    },
  ],
  AveragePool: (step) => [() => averagePool(step)],
  GlobalAveragePool: (step) => [
    () => {
      const count = spatialAxes(step).reduce((product, axis) => product * step.size(step.x(), axis), 1);
      return { kind: "spread", tensor: step.mul(step.dy(), 1 / count) };
    },
  ],
  GlobalMaxPool: (step) => [
    () => {
      const winners = step.indicator(step.compare("Equal", step.x(), step.y()));
      const share = step.div(step.dy(), step.reduce("ReduceSum", winners, spatialAxes(step)));
      return step.mul(winners, share);
    },
  ],
};
