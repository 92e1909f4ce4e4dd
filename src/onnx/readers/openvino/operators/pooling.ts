import { sizeOf } from "../../../../core/tensor.js";
import { DataType, floats, ints } from "../../../constant.js";
import {
  type Builder,
  constantNumbers,
  type Operator,
  rankOf,
  staticDims,
  unsupported,
  type Value,
} from "../builder.js";
import type { Layer } from "../layers.js";
import { padding, spans } from "./convolution.js";

const ones = (count: number) => new Array<number>(count).fill(1);

/** Windows of a pooling: OpenVINO's rounding made explicit as padding at the end, where the input's size is known. */
function windows(layer: Layer, x: Value) {
  const { data } = layer;
  const kernel = data.numbers("kernel");
  const strides = data.numbers("strides");
  const dilations = data.numbers("dilations", ones(kernel.length));
  const mode = data.string("rounding_type", "floor").toLowerCase();
  const attributes = { kernel_shape: kernel, strides, dilations };
  const given = padding(layer, x, kernel, dilations);
  const sizes = x.dims?.slice(2);
  if (mode === "floor" || !given.pads) return { ...attributes, ...given };
  if (!sizes?.every((size) => typeof size === "number")) return { ...attributes, ...given, ceil_mode: 1 };
  const rank = kernel.length;
  const window = spans(kernel, dilations);
  const pads = [...given.pads];
  sizes.forEach((size, axis) => {
    const padded = size + pads[axis] + pads[axis + rank];
    let count = Math.ceil((padded - window[axis]) / strides[axis]) + 1;
    if (mode === "ceil_torch" && (count - 1) * strides[axis] >= size + pads[axis]) count--;
    pads[axis + rank] += Math.max(0, (count - 1) * strides[axis] + window[axis] - padded);
  });
  return { ...attributes, pads };
}

/** Whether some window would lie in the padding alone, which ONNX does not allow. */
function outgrows({
  kernel_shape: kernel,
  pads,
}: {
  kernel_shape: readonly number[];
  pads?: readonly number[];
}): boolean {
  return pads?.some((pad, i) => pad >= kernel[i % kernel.length]) ?? false;
}

/** The input with its padding written out. */
function padWith(x: Value, pads: readonly number[], fill: number, build: Builder): Value {
  const rank = pads.length / 2;
  return build.op("Pad", [x, ints([0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)]), floats(fill)]);
}

const avgPool: Operator = (layer, [x], build) => {
  const { pads, ...attributes } = { pads: undefined, ...windows(layer, x) };
  // Padding that was asked for counts as zeros, and then so does what rounding adds; otherwise neither counts.
  const asked = [...layer.data.numbers("pads_begin"), ...layer.data.numbers("pads_end")].some((pad) => pad > 0);
  const counted = !layer.data.boolean("exclude-pad") && (asked || layer.data.string("auto_pad", "").startsWith("same"));
  if (outgrows({ ...attributes, pads })) unsupported(layer, "has windows that lie in the padding alone");
  if (counted && pads) return build.op("AveragePool", [padWith(x, pads, 0, build)], attributes);
  return build.op("AveragePool", [x], { ...attributes, pads, count_include_pad: counted ? 1 : undefined });
};

const maxPool: Operator = (layer, [x], build) => {
  const { pads, ...rest } = { pads: undefined, ...windows(layer, x) };
  if (pads && outgrows({ ...rest, pads })) {
    if (layer.outputs.length > 1) unsupported(layer, "has windows that lie in the padding alone");
    return build.op("MaxPool", [padWith(x, pads, -3.4028234663852886e38, build)], rest);
  }
  const attributes = { ...rest, pads };
  if (layer.outputs.length < 2) return build.op("MaxPool", [x], attributes);
  const [values, indices] = build.ops("MaxPool", [x], attributes, [x.type, DataType.INT64]);
  const axis = layer.data.number("axis", 0);
  if (axis === 0) return [values, build.cast(indices, layer.outputs[1].type)];
  const block = sizeOf(staticDims(x, layer, axis < 0 ? axis + rankOf(x, layer) : axis));
  return [values, build.cast(build.op("Mod", [indices, ints(block)]), layer.outputs[1].type)];
};

/** Output cell i of `out` covers the cells ⌊i·n/out⌋ … ⌈(i+1)·n/out⌉ of n (AdaptiveAvgPool-8, AdaptiveMaxPool-8). */
const adaptivePool =
  (reduce: "ReduceMean" | "ReduceMax"): Operator =>
  (layer, [x, shape], build) => {
    const sizes = constantNumbers(shape, layer, "output size");
    const axes = sizes.map((_, i) => i + 2);
    if (sizes.every((size) => size === 1)) return [build.op(reduce, [x, ints(axes)], { keepdims: 1 }), undefined];
    const given = staticDims(x, layer, 2);
    let pooled = x;
    axes.forEach((axis, i) => {
      const cells = Array.from({ length: sizes[i] }, (_, cell) => {
        const from = Math.floor((cell * given[i]) / sizes[i]);
        const to = Math.ceil(((cell + 1) * given[i]) / sizes[i]);
        const part = build.op("Slice", [pooled, ints([from]), ints([to]), ints([axis])]);
        return to - from === 1 ? part : build.op(reduce, [part, ints([axis])], { keepdims: 1 });
      });
      if (sizes[i] !== given[i]) pooled = cells.length === 1 ? cells[0] : build.op("Concat", cells, { axis });
    });
    return [pooled, undefined];
  };

const REDUCTIONS = ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2"];

/** No axes means nothing to reduce. */
function reduce(opType: string, layer: Layer, x: Value, axes: Value, build: Builder): Value {
  const list = axes.dims?.length === 0 ? build.reshape(axes, [1]) : axes;
  const attributes = { keepdims: Number(layer.data.boolean("keep_dims", false)), noop_with_empty_axes: 1 };
  return build.op(opType, [x, build.int64(list)], attributes);
}

const logicalReduction =
  (opType: string): Operator =>
  (layer, [x, axes], build) =>
    build.cast(reduce(opType, layer, build.cast(x, DataType.INT32), axes, build), DataType.BOOL);

/** Response normalisation: x / (bias + alpha · mean of squares over the window)^beta (LRN-1). */
const lrn: Operator = (layer, [x, axesInput], build) => {
  const rank = rankOf(x, layer);
  const axes = constantNumbers(axesInput, layer, "axes").map((axis) => (axis < 0 ? axis + rank : axis));
  const { data } = layer;
  const size = data.number("size");
  if (size % 2 === 0) unsupported(layer, "has a window of even size");
  const scale = floats(data.number("alpha"));
  const squares = build.op("Mul", [x, x]);
  let mean: Value;
  if (axes.length === 1 && axes[0] === 1) {
    const lifted = build.op("Unsqueeze", [squares, ints([1])]);
    const flat = build.op("Reshape", [lifted, ints([0, 0, 0, -1])]);
    const half = (size - 1) / 2;
    const attributes = { kernel_shape: [size, 1], pads: [half, 0, half, 0], count_include_pad: 1 };
    const pooled = build.op("AveragePool", [flat], attributes);
    mean = build.op("Reshape", [pooled, build.op("Shape", [x], {}, DataType.INT64)]);
  } else if (axes.every((axis) => axis >= 2) && rank > 2) {
    const kernel = Array.from({ length: rank - 2 }, (_, i) => (axes.includes(i + 2) ? size : 1));
    const half = kernel.map((extent) => (extent - 1) / 2);
    const attributes = { kernel_shape: kernel, pads: [...half, ...half], count_include_pad: 1 };
    mean = build.op("AveragePool", [squares], attributes);
  } else return unsupported(layer, "normalises over a mixture of channels and rows");
  const base = build.op("Add", [build.op("Mul", [mean, scale]), floats(data.number("bias", 1))]);
  return build.op("Div", [x, build.op("Pow", [base, floats(data.number("beta"))])]);
};

export const POOLING: Readonly<Record<string, Operator>> = {
  AvgPool: avgPool,
  MaxPool: maxPool,
  AdaptiveAvgPool: adaptivePool("ReduceMean"),
  AdaptiveMaxPool: adaptivePool("ReduceMax"),
  LRN: lrn,
  ...Object.fromEntries(
    REDUCTIONS.map((name): [string, Operator] => [
      name,
      (layer, [x, axes], build) => reduce(name, layer, x, axes, build),
    ]),
  ),
  ReduceLogicalAnd: logicalReduction("ReduceMin"),
  ReduceLogicalOr: logicalReduction("ReduceMax"),
};
