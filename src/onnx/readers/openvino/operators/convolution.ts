import { DataType } from "../../../constant.js";
import {
  type Builder,
  constantNumbers,
  isConstant,
  type Operator,
  staticDims,
  unsupported,
  type Value,
} from "../builder.js";
import type { Layer } from "../layers.js";

/** How much the window of a convolution or pooling spans along each axis. */
export function spans(kernel: readonly number[], dilations: readonly number[]): number[] {
  return kernel.map((size, axis) => (size - 1) * dilations[axis] + 1);
}

/** Splits a total padding: the odd one goes to the end (`same_upper`) or to the beginning (`same_lower`). */
function share(totals: readonly number[], upper: boolean): number[] {
  const small = totals.map((total) => Math.floor(Math.max(0, total) / 2));
  const large = totals.map((total, axis) => Math.max(0, total) - small[axis]);
  return upper ? [...small, ...large] : [...large, ...small];
}

/** ONNX `pads` (or `auto_pad`, where the input's size is free) of a layer with OpenVINO's padding attributes. */
export function padding(layer: Layer, x: Value, kernel: readonly number[], dilations: readonly number[]) {
  const { data } = layer;
  const mode = data.string("auto_pad", "explicit").toLowerCase();
  if (mode === "valid") return { pads: new Array<number>(kernel.length * 2).fill(0) };
  if (!mode.startsWith("same")) return { pads: [...data.numbers("pads_begin"), ...data.numbers("pads_end")] };
  const sizes = x.dims?.slice(2);
  if (!sizes?.every((size) => typeof size === "number")) return { auto_pad: mode.toUpperCase() };
  const strides = data.numbers("strides");
  const window = spans(kernel, dilations);
  const totals = sizes.map((size, axis) => (Math.ceil(size / strides[axis]) - 1) * strides[axis] + window[axis] - size);
  return { pads: share(totals, mode === "same_upper") };
}

/** [groups, a, b, …] to [groups · a, b, …], as ONNX keeps grouped weights. */
function flattenGroups(
  weights: Value,
  layer: Layer,
  build: Builder,
): { weights: Value; dims: number[]; group: number } {
  const [group, first, ...rest] = staticDims(weights, layer);
  const dims = [group * first, ...rest];
  return { weights: build.reshape(weights, dims), dims, group };
}

const ungrouped = (weights: Value, layer: Layer) => ({ weights, dims: staticDims(weights, layer), group: 1 });

const convolution =
  (grouped: boolean): Operator =>
  (layer, [x, kernel], build) => {
    const { weights, dims, group } = grouped ? flattenGroups(kernel, layer, build) : ungrouped(kernel, layer);
    const size = dims.slice(2);
    const [strides, dilations] = [layer.data.numbers("strides"), layer.data.numbers("dilations")];
    const attributes = {
      kernel_shape: size,
      strides,
      dilations,
      group,
      ...padding(layer, x, size, dilations),
    };
    return build.op("Conv", [x, weights], attributes);
  };

const backprop =
  (grouped: boolean): Operator =>
  (layer, [x, kernel, outputShape], build) => {
    const { weights, dims, group } = grouped ? flattenGroups(kernel, layer, build) : ungrouped(kernel, layer);
    const size = dims.slice(2);
    const { data } = layer;
    const [strides, dilations] = [data.numbers("strides"), data.numbers("dilations")];
    const extra = [...data.numbers("output_padding", new Array<number>(size.length).fill(0))];
    const mode = data.string("auto_pad", "explicit").toLowerCase();
    const given = mode.startsWith("same") || mode === "valid" ? undefined : data.numbers("pads_begin");
    const zeros = new Array<number>(size.length).fill(0);
    const begin = [...(given ?? zeros)];
    const end = [...(given ? data.numbers("pads_end") : zeros)];
    if (outputShape !== undefined) {
      const wanted = constantNumbers(outputShape, layer, "output shape");
      const sizes = staticDims(x, layer, 2);
      const window = spans(size, dilations);
      wanted.forEach((want, axis) => {
        const total = strides[axis] * (sizes[axis] - 1) + window[axis] + extra[axis] - want;
        const half = Math.max(0, total) / 2;
        if (!given) begin[axis] = mode === "same_lower" ? Math.floor(half) : Math.ceil(half);
        end[axis] = Math.max(0, total - begin[axis]);
        extra[axis] += Math.max(0, begin[axis] - total);
      });
    }
    const pads = [...begin, ...end];
    const attributes = { kernel_shape: size, strides, dilations, group, pads, output_padding: extra };
    return build.op("ConvTranspose", [x, weights], attributes);
  };

/** Matrices with the last two axes swapped where asked; vectors are rows on the left and columns on the right. */
const matMul: Operator = (layer, [a, b], build) => {
  const flip = (value: Value, name: string) => {
    const rank = value.dims?.length ?? unsupported(layer, "reads a tensor of unknown rank");
    if (!layer.data.boolean(name, false) || rank < 2) return value;
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
    return build.transpose(value, perm);
  };
  const operands = [flip(a, "transpose_a"), flip(b, "transpose_b")];
  if (operands.every((value) => value.type === DataType.FLOAT || isConstant(value)))
    return build.op("MatMul", operands);
  return build.op(
    "MatMul",
    operands.map((value) => build.cast(value, a.type)),
  );
};

const einsum: Operator = ({ data }, inputs, build) =>
  build.op("Einsum", inputs, { equation: data.string("equation").replaceAll(" ", "") });

export const CONVOLUTION: Readonly<Record<string, Operator>> = {
  Convolution: convolution(false),
  GroupConvolution: convolution(true),
  ConvolutionBackpropData: backprop(false),
  GroupConvolutionBackpropData: backprop(true),
  MatMul: matMul,
  Einsum: einsum,
};
