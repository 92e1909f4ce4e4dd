import type { Constant } from "../constant.js";
import { ints } from "../constant.js";
import { backwards, exchanged, POINT } from "./exchanged-weights.js";
import type { Rule, Step } from "./step.js";
import type { Gradient } from "./tape.js";

/** A sliding window over the spatial axes: output o, tap k read the input at o · stride + k · dilation − before. */
export interface Window {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
}

/** The window of a convolution or pooling node, explicit whatever the way its padding was written. */
export function windowOf(step: Step, kernel: readonly number[], from = step.x(), to = step.y()): Window {
  const { attributes } = step;
  const spatial = (name: string) => kernel.map((_, i) => step.size(name, i + 2));
  const [input, output] = [spatial(from), spatial(to)];
  const strides = attributes.ints("strides") ?? kernel.map(() => 1);
  const dilations = attributes.ints("dilations") ?? kernel.map(() => 1);
  const pads = attributes.ints("pads") ?? kernel.map(() => 0);
  const auto = attributes.string("auto_pad", "NOTSET");
  const before = kernel.map((size, i) => {
    if (auto === "VALID") return 0;
    if (auto === "NOTSET") return pads[i];
    const total = Math.max(0, (output[i] - 1) * strides[i] + (size - 1) * dilations[i] + 1 - input[i]);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  return { input, output, kernel, strides, dilations, before };
}

const product = (values: readonly number[]) => values.reduce((a, b) => a * b, 1);

/** The general way: a transposed convolution that is cropped or filled up to the input's size. */
function transposed(step: Step, gradient: string, weight: string, window: Window, group: number): string {
  const { input, output, kernel, strides, dilations, before } = window;
  const after = input.map(
    (size, i) => strides[i] * (output[i] - 1) + (kernel[i] - 1) * dilations[i] + 1 - size - before[i],
  );
  return step.op("ConvTranspose", [gradient, weight], {
    group,
    strides,
    dilations,
    kernel_shape: kernel,
    pads: [...before, ...after.map((pad) => Math.max(0, pad))],
    output_padding: after.map((pad) => Math.max(0, -pad)),
  });
}

/** One axis of a strided window's transpose: rows phase + stride · m of the input read taps around m of the output. */
function phaseTaps({ input, output, kernel, strides, dilations, before }: Window, axis: number, phase: number) {
  const stride = strides[axis];
  const taps = Array.from({ length: kernel[axis] }, (_, tap) => ({
    tap,
    shift: phase + before[axis] - tap * dilations[axis],
  }))
    .filter(({ shift }) => shift % stride === 0)
    .map(({ tap, shift }) => ({ tap, offset: shift / stride }));
  const rows = Math.ceil(input[axis] / stride);
  const offsets = taps.map(({ offset }) => offset);
  return { taps, rows, low: Math.min(0, ...offsets), high: Math.max(0, output[axis] - rows, ...offsets) };
}

/**
 * Strided 2D convolution: the input's rows and columns fall into stride² phases, each a plain convolution of the gradient.
 * Of a depthwise one each phase is a node, which the runtime has a fast kernel for; else all are channels of one.
 */
function byPhases(step: Step, gradient: string, weights: Constant, group: number, window: Window): Gradient {
  const { input, kernel, strides } = window;
  const stride = strides[0];
  const inputs = weights.dims[1] * group;
  const perGroup = weights.dims[0] / group;
  const phases = Array.from({ length: stride * stride }, (_, p) => {
    return { y: phaseTaps(window, 0, Math.floor(p / stride)), x: phaseTaps(window, 1, p % stride) };
  });
  const depthwise = group === inputs && perGroup === 1 && stride === 2;
  const convolve = (chosen: readonly (typeof phases)[number][]) => {
    const reach = (axis: "x" | "y") => ({
      low: Math.min(...chosen.map((phase) => phase[axis].low)),
      high: Math.max(...chosen.map((phase) => phase[axis].high)),
    });
    const [y, x] = [reach("y"), reach("x")];
    const [height, width] = [y.high - y.low + 1, x.high - x.low + 1];
    const places = new Int32Array(product(kernel)).fill(-1);
    chosen.forEach((phase, p) => {
      for (const row of phase.y.taps) {
        for (const column of phase.x.taps) {
          const at = (row.offset - y.low) * width + column.offset - x.low;
          places[row.tap * kernel[1] + column.tap] = p * perGroup * height * width + at;
        }
      }
    });
    const kernels = exchanged(weights, group, { places, size: height * width, copies: chosen.length });
    const { output } = window;
    return step.op("Conv", [gradient, step.floats(kernels, [inputs * chosen.length, perGroup, height, width])], {
      group,
      kernel_shape: [height, width],
      pads: [-y.low, -x.low, chosen[0].y.rows - output[0] + y.high, chosen[0].x.rows - output[1] + x.high],
    });
  };
  const exact = input.every((size) => size % stride === 0);
  if (depthwise) {
    const tensors = phases.map((phase) => convolve([phase]));
    if (exact) return { kind: "phases", tensors };
    return crop(
      step,
      step.op("DepthToSpace", [step.op("Concat", tensors, { axis: 1 })], { blocksize: 2, mode: "DCR" }),
      window,
    );
  }
  const whole = step.op("DepthToSpace", [convolve(phases)], { blocksize: stride, mode: "CRD" });
  return exact ? whole : crop(step, whole, window);
}

const crop = (step: Step, whole: string, { input }: Window) =>
  step.op("Slice", [whole, ints([0, 0]), ints([...input]), ints([2, 3])]);

/** Gradient of a convolution with respect to its input. */
export function convolutionInput(
  step: Step,
  gradient: string,
  weight: string,
  value: Constant | undefined,
  window: Window,
  group: number,
): Gradient {
  const { kernel, strides, dilations, before, input, output } = window;
  const even = kernel.map((size, i) => (size - 1) * dilations[i]);
  if (!value || value.data.length === 0) return transposed(step, gradient, weight, window, group);
  const inputs = value.dims[1] * group;
  if (strides.every((stride) => stride === 1)) {
    const pads = [
      ...even.map((reach, i) => reach - before[i]),
      ...even.map((_, i) => input[i] - output[i] + before[i]),
    ];
    if (pads.some((pad) => pad < 0)) return transposed(step, gradient, weight, window, group);
    const weights = exchanged(value, group, { places: backwards(product(kernel)), size: product(kernel), copies: 1 });
    const dims = [inputs, value.dims[0] / group, ...kernel];
    return step.op("Conv", [gradient, step.floats(weights, dims)], { group, dilations, kernel_shape: kernel, pads });
  }
  const square = kernel.length === 2 && strides[0] === strides[1] && dilations.every((dilation) => dilation === 1);
  if (!square) return transposed(step, gradient, weight, window, group);
  return byPhases(step, gradient, value, group, window);
}

/** Gradient with respect to the weights: the input convolved with the gradient, batch and channels exchanged. */
function convolutionWeights(
  step: Step,
  x: string,
  gradient: string,
  like: string,
  window: Window,
  group: number,
): string {
  const { kernel, strides, dilations, before, input, output } = window;
  const spatial = kernel.map((_, i) => i);
  const outputs = step.size(like, 0);
  const inputs = step.size(like, 1) * group;
  const ungroup = (tensor: string, sizes: readonly number[], channels: number, first: boolean) => {
    const split = step.reshape(tensor, [-1, group, channels / group, ...sizes]);
    const rest = spatial.map((i) => i + 3);
    // [channels, group · n, …] to be convolved, [group · channels, n, …] to convolve with
    const turned = step.transpose(split, first ? [2, 1, 0, ...rest] : [1, 2, 0, ...rest]);
    return step.op("Reshape", [turned, ints(first ? [channels / group, -1, ...sizes] : [channels, -1, ...sizes])]);
  };
  const pads = [
    ...before,
    ...kernel.map((size, i) =>
      Math.max(0, (output[i] - 1) * strides[i] + (size - 1) * dilations[i] + 1 - input[i] - before[i]),
    ),
  ];
  const sum = step.op("Conv", [ungroup(x, input, inputs, true), ungroup(gradient, output, outputs, false)], {
    group,
    strides: dilations,
    dilations: strides,
    kernel_shape: output,
    pads,
  });
  const cropped = step.op("Slice", [
    sum,
    ints(spatial.map(() => 0)),
    ints([...kernel]),
    ints(spatial.map((i) => i + 2)),
  ]);
  return step.transpose(cropped, [1, 0, ...spatial.map((i) => i + 2)]);
}

const overAllBut1 = (step: Step, gradient: string) =>
  step.op("ReduceSum", [gradient, ints(step.dims(step.y()).flatMap((_, i) => (i === 1 ? [] : [i])))], { keepdims: 0 });

const kernelOf = (step: Step) => {
  const rank = step.dims(step.x(1)).length;
  return Array.from({ length: rank - 2 }, (_, i) => step.size(step.x(1), i + 2));
};

export const convolution: Readonly<Record<string, Rule>> = {
  Conv: (step) => {
    const group = step.attributes.int("group", 1);
    const window = windowOf(step, kernelOf(step));
    const weight = step.constant(1);
    return [
      () => {
        const gradient = step.lazy();
        const pointwise = weight && group === 1 && [...window.kernel, ...window.strides].every((size) => size === 1);
        if (
          typeof gradient !== "string" &&
          gradient.kind === "phases" &&
          pointwise &&
          window.before.every((pad) => pad === 0)
        ) {
          const dims = [weight.dims[1], weight.dims[0], 1, 1];
          const turned = step.tape.constant(step.floats(exchanged(weight, 1, POINT), dims));
          const tensors = gradient.tensors.map((phase) => step.op("Conv", [phase, turned]));
          // Phases are put together where they are thinnest: before the convolution that widened the channels.
          const thin = weight.dims[1] < weight.dims[0];
          return thin ? step.tape.whole(step.x(), { kind: "phases", tensors }) : { kind: "phases", tensors };
        }
        return convolutionInput(step, step.dy(), step.x(1), weight, window, group);
      },
      () => convolutionWeights(step, step.x(), step.dy(), step.x(1), window, group),
      () => overAllBut1(step, step.dy()),
    ];
  },

  Col2Im: (step) => [() => cutBlocks(step)],

  ConvTranspose: (step) => {
    const group = step.attributes.int("group", 1);
    const kernel = kernelOf(step);
    const window = transposedWindow(step, kernel);
    const { input: output, output: input, strides, dilations, before } = window;
    const after = kernel.map((size, i) => {
      return Math.max(0, strides[i] * (input[i] - 1) + (size - 1) * dilations[i] + 1 - output[i] - before[i]);
    });
    return [
      () =>
        step.op("Conv", [step.dy(), step.x(1)], {
          group,
          strides,
          dilations,
          kernel_shape: kernel,
          pads: [...before, ...after],
        }),
      () => convolutionWeights(step, step.dy(), step.x(), step.x(1), window, group),
      () => overAllBut1(step, step.dy()),
    ];
  },
};

/** Col2Im adds up blocks; its gradient cuts them out again, by a convolution with one kernel for each place in a block. */
function cutBlocks(step: Step): string {
  const [image, block] = [step.numbers(1), step.numbers(2)];
  if (!image || !block) throw step.unsupported("with a computed shape");
  const taps = product(block);
  const unit = new Float32Array(taps * taps);
  for (let tap = 0; tap < taps; tap++) unit[tap * taps + tap] = 1;
  const planes = step.reshape(step.dy(), [-1, 1, ...image]);
  const { attributes } = step;
  const [pads, strides, dilations] = [
    attributes.ints("pads"),
    attributes.ints("strides"),
    attributes.ints("dilations"),
  ];
  const blocks = step.op("Conv", [planes, step.floats(unit, [taps, 1, ...block])], { pads, strides, dilations });
  return step.like(blocks);
}

/** The window of the convolution that a transposed one reverses. */
function transposedWindow(step: Step, kernel: readonly number[]): Window {
  const { attributes } = step;
  const window = windowOf(step, kernel, step.y(), step.x());
  const auto = attributes.string("auto_pad", "NOTSET");
  if (auto === "VALID" || (auto === "NOTSET" && !attributes.has("output_shape"))) return window;
  const extra = attributes.ints("output_padding") ?? kernel.map(() => 0);
  const before = kernel.map((size, i) => {
    const reach = (window.output[i] - 1) * window.strides[i] + (size - 1) * window.dilations[i] + 1 + extra[i];
    const total = Math.max(0, reach - window.input[i]);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  return { ...window, before };
}
