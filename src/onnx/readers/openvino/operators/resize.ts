import { float } from "../../../attributes.js";
import { floats, ints } from "../../../constant.js";
import {
  type Builder,
  constantNumbers,
  isConstant,
  type Operator,
  rankOf,
  unsupported,
  type Value,
} from "../builder.js";
import type { Layer } from "../layers.js";

/** What Interpolate-1, -4 and -11 come down to. */
interface Resize {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  /** By weights a cell, the part of the kernel outside the picture left out, as Pillow does. */
  readonly pillow: boolean;
  readonly cubic: number;
  readonly axes: readonly number[];
  /** Either of them. */
  readonly sizes?: Value;
  readonly scales?: Value;
}

/** Where an output cell lies among the input's, in cells (Interpolate-4). */
const COORDINATES: Readonly<Record<string, (x: number, scale: number, size: number, out: number) => number>> = {
  half_pixel: (x, scale) => (x + 0.5) / scale - 0.5,
  pytorch_half_pixel: (x, scale, _, out) => (out > 1 ? (x + 0.5) / scale - 0.5 : 0),
  asymmetric: (x, scale) => x / scale,
  tf_half_pixel_for_nn: (x, scale) => (x + 0.5) / scale,
  align_corners: (x, _, size, out) => (out === 1 ? 0 : (x * (size - 1)) / (out - 1)),
};

const ROUNDINGS: Readonly<Record<string, (x: number, shrinks: boolean) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
  simple: (x, shrinks) => (shrinks ? Math.ceil(x) : Math.trunc(x)),
};

function emit(layer: Layer, x: Value, resize: Resize, build: Builder): Value {
  const { mode, coordinates, nearest, axes } = resize;
  if (mode === "nearest" && (nearest === "simple" || coordinates === "tf_half_pixel_for_nn")) {
    return gatherNearest(layer, x, resize, build);
  }
  if (resize.pillow) return weighted(layer, x, resize, build);
  if (coordinates === "tf_half_pixel_for_nn") unsupported(layer, `interpolates with '${coordinates}'`);
  if (mode === "cubic" && rankOf(x, layer) === 4 && axes.join() === "1,2") {
    const channelsFirst = build.transpose(x, [0, 3, 1, 2]);
    const dims = x.dims && [0, 3, 1, 2].map((axis) => x.dims?.[axis]);
    const ranked = isConstant(channelsFirst) ? channelsFirst : { ...channelsFirst, dims };
    const planes = emit(layer, ranked, { ...resize, axes: [2, 3] }, build);
    return build.transpose(planes, [0, 2, 3, 1]);
  }
  const attributes = {
    mode: mode === "cubic" || mode === "nearest" ? mode : "linear",
    coordinate_transformation_mode: coordinates,
    nearest_mode: mode === "nearest" ? nearest : undefined,
    cubic_coeff_a: mode === "cubic" ? float(resize.cubic) : undefined,
    axes,
  };
  const scales = resize.sizes ? undefined : resize.scales;
  return build.op("Resize", [x, undefined, scales, resize.sizes && build.int64(resize.sizes)], attributes, x.type);
}

/** The nearest cells picked by index, for rules that ONNX does not have. */
function gatherNearest(layer: Layer, x: Value, resize: Resize, build: Builder): Value {
  const sizes = resize.sizes && constantNumbers(resize.sizes, layer, "output size");
  const scales = resize.scales && constantNumbers(resize.scales, layer, "scales");
  return resize.axes.reduce((value: Value, axis, i) => {
    const size = x.dims?.[axis];
    if (typeof size !== "number") return unsupported(layer, "picks nearest cells of a dimension of free size");
    const out = sizes ? sizes[i] : Math.floor(size * scales![i]);
    const scale = Math.fround(sizes ? out / size : scales![i]);
    const cells = Array.from({ length: out }, (_, cell) => {
      const at = COORDINATES[resize.coordinates](cell, scale, size, out);
      return Math.min(Math.max(ROUNDINGS[resize.nearest](Math.fround(at), scale < 1), 0), size - 1);
    });
    return build.op("Gather", [value, ints(cells)], { axis });
  }, x);
}

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));

/** The cubic convolution kernel (Keys 1981). */
const cubic = (a: number) => (signed: number) => {
  const x = Math.abs(signed);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
};

/** Resized by a matrix of weights for the rows and one for the columns; the kernel widens where the picture shrinks. */
function weighted(layer: Layer, x: Value, { mode, cubic: a, axes, sizes, scales }: Resize, build: Builder): Value {
  const rank = rankOf(x, layer);
  const [kernel, radius] = mode === "cubic" ? [cubic(a), 2] : [triangle, 1];
  const targets = constantNumbers(sizes ?? scales, layer, "output size");
  return axes.reduce((value: Value, axis, i) => {
    const size = x.dims?.[axis];
    if (typeof size !== "number") return unsupported(layer, "resizes a dimension of free size");
    const out = sizes ? targets[i] : Math.floor(size * targets[i]);
    if (out === size) return value;
    if (axis < rank - 2) return unsupported(layer, "resizes more than rows and columns");
    const step = sizes ? size / out : 1 / targets[i];
    const wide = Math.max(1, step);
    const matrix = new Float32Array(out * size);
    for (let cell = 0; cell < out; cell++) {
      const centre = (cell + 0.5) * step - 0.5;
      const weights = Array.from({ length: size }, (_, at) =>
        Math.abs(at - centre) < radius * wide ? kernel((at - centre) / wide) : 0,
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      matrix.set(
        weights.map((weight) => weight / total),
        cell * size,
      );
    }
    const rows = floats(matrix, [out, size]);
    return axis === rank - 2
      ? build.op("MatMul", [rows, value])
      : build.op("MatMul", [value, build.transpose(rows, [1, 0])]);
  }, x);
}

/** Rows and columns added before the picture is resized. */
function padded(layer: Layer, x: Value, build: Builder): Value {
  const rank = rankOf(x, layer);
  const [begin, end] = ["pads_begin", "pads_end"].map((name) => {
    const pads = [...layer.data.numbers(name, [])];
    return [...pads, ...new Array<number>(Math.max(0, rank - pads.length)).fill(0)];
  });
  if ([...begin, ...end].every((pad) => pad === 0)) return x;
  const value = build.op("Pad", [x, ints([...begin, ...end]), build.like(x, 0)]);
  const dims = x.dims?.map((size, axis) => (typeof size === "number" ? size + begin[axis] + end[axis] : undefined));
  return isConstant(value) ? value : { ...value, dims };
}

/** Interpolate-1 is Interpolate-4 with the sizes as input and corners aligned or coordinates scaled. */
const first = (layer: Layer, [x, sizes]: readonly Value[], build: Builder): Value => {
  const { data } = layer;
  const mode = data.string("mode");
  if (mode === "area") unsupported(layer, "interpolates by 'area'");
  return emit(
    layer,
    padded(layer, x, build),
    {
      mode,
      coordinates: data.boolean("align_corners", true) ? "align_corners" : "asymmetric",
      nearest: "simple",
      pillow: data.boolean("antialias", false) && mode === "linear",
      cubic: -0.75,
      axes: data.numbers("axes"),
      sizes,
    },
    build,
  );
};

const interpolate: Operator = (layer, inputs, build) => {
  const { data } = layer;
  if (layer.opset < 4) return first(layer, inputs, build);
  const bySizes = data.string("shape_calculation_mode") === "sizes";
  const [x, second, third, fourth] = inputs;
  const [sizes, scales, axesInput] = layer.opset >= 11 ? [second, second, third] : [second, third, fourth];
  const rank = rankOf(x, layer);
  const axes = axesInput
    ? constantNumbers(axesInput, layer, "axes").map((axis) => (axis < 0 ? axis + rank : axis))
    : Array.from({ length: rank }, (_, axis) => axis);
  const name = data.string("mode");
  const pillow = name.endsWith("_pillow");
  const mode = pillow ? (name === "bicubic_pillow" ? "cubic" : "linear") : name;
  return emit(
    layer,
    padded(layer, x, build),
    {
      mode,
      coordinates: pillow ? "half_pixel" : data.string("coordinate_transformation_mode", "half_pixel"),
      nearest: data.string("nearest_mode", "round_prefer_floor"),
      pillow: pillow || (data.boolean("antialias", false) && mode === "linear"),
      cubic: data.number("cube_coeff", -0.75),
      axes,
      ...(bySizes ? { sizes } : { scales: build.cast(scales, floats(0).type) }),
    },
    build,
  );
};

export const RESIZE: Readonly<Record<string, Operator>> = { Interpolate: interpolate };
