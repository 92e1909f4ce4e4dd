import { sizeOf } from "../../../core/tensor.js";
import { type Constant, type ConstantData, DataType } from "../../constant.js";

/** Larger results are left to the runtime, unless they only move or convert what is there. */
const MAX_NEW_VALUES = 2 ** 24;

type Attributes = Readonly<Record<string, unknown>>;
type Fold = (inputs: readonly Constant[], attributes: Attributes) => Constant | undefined;

type Binary = (a: number, b: number) => number;

/** Values as numbers; 64-bit integers beyond 2^53 lose their last digits, as sizes and indices never reach there. */
export function numbersOf({ data }: Constant): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data;
}

/** A constant of a type from plain numbers: integers are cut toward zero, booleans are 0 or 1. */
export function constantOf(type: DataType, dims: readonly number[], values: ArrayLike<number>): Constant {
  return { type, dims, data: typed(type, values) };
}

function typed(type: DataType, values: ArrayLike<number>): ConstantData {
  const whole = (value: number) => BigInt(Math.trunc(value));
  switch (type) {
    case DataType.FLOAT:
      return Float32Array.from(values);
    case DataType.INT64:
      return BigInt64Array.from(values as number[], whole);
    case DataType.UINT64:
      return BigUint64Array.from(values as number[], whole);
    case DataType.INT32:
      return Int32Array.from(values);
    case DataType.UINT32:
      return Uint32Array.from(values);
    case DataType.INT16:
      return Int16Array.from(values);
    case DataType.UINT16:
      return Uint16Array.from(values);
    case DataType.INT8:
      return Int8Array.from(values);
    case DataType.BOOL:
      return Uint8Array.from(values as number[], (value) => (value ? 1 : 0));
    default:
      return Uint8Array.from(values);
  }
}

/** Row-major strides; 0 along dimensions of size 1, so that they repeat. */
function broadcastStrides(dims: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let step = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis] !== 1) strides[axis + rank - dims.length] = step;
    step *= dims[axis];
  }
  return strides;
}

/** Calls back with the offset that strides give to every cell of a shape, in row-major order. */
function walk(
  dims: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (offset: number) => void,
): void {
  const count = sizeOf(dims);
  const index = new Array<number>(dims.length).fill(0);
  let offset = start;
  for (let i = 0; i < count; i++) {
    visit(offset);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < dims[axis]) break;
      offset -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

/** A strided view of a constant, copied. */
function view(source: Constant, dims: readonly number[], strides: readonly number[], start = 0): Constant {
  const data = source.data.slice(0, 0).constructor as new (length: number) => ConstantData;
  const out = new data(sizeOf(dims));
  let i = 0;
  walk(dims, strides, start, (offset) => {
    out[i++] = source.data[offset];
  });
  return { type: source.type, dims, data: out };
}

function strides(dims: readonly number[]): number[] {
  return dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
}

/** The shape that shapes broadcast to; undefined where they do not. */
function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const dims = Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis + a.length - rank] ?? 1, b[axis + b.length - rank] ?? 1];
    return left === right || right === 1 ? left : left === 1 ? right : -1;
  });
  return dims.includes(-1) || sizeOf(dims) > MAX_NEW_VALUES ? undefined : dims;
}

const binary =
  (compute: Binary, integer: Binary = compute): Fold =>
  ([a, b]) => {
    const dims = broadcast(a.dims, b.dims);
    if (!dims) return undefined;
    const [left, right] = [numbersOf(a), numbersOf(b)];
    const offsets = new Int32Array(sizeOf(dims));
    let i = 0;
    walk(dims, broadcastStrides(b.dims, dims.length), 0, (offset) => {
      offsets[i++] = offset;
    });
    const out = new Float64Array(offsets.length);
    const of = a.type === DataType.FLOAT ? compute : integer;
    i = 0;
    walk(dims, broadcastStrides(a.dims, dims.length), 0, (offset) => {
      out[i] = of(left[offset], right[offsets[i]]);
      i++;
    });
    return constantOf(a.type, dims, out);
  };

const unary =
  (compute: (x: number) => number): Fold =>
  ([a]) =>
    constantOf(a.type, a.dims, Float64Array.from(numbersOf(a), compute));

const axesOf = (axes: Constant, rank: number) => Array.from(numbersOf(axes), (axis) => (axis < 0 ? axis + rank : axis));

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** ONNX operators that are computed at reading time when everything they read is constant. */
const FOLDS: Readonly<Record<string, Fold>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary(
    (a, b) => a / b,
    (a, b) => Math.trunc(a / b),
  ),
  Max: (inputs, attributes) => (inputs.length === 2 ? binary(Math.max)(inputs, attributes) : undefined),
  Min: (inputs, attributes) => (inputs.length === 2 ? binary(Math.min)(inputs, attributes) : undefined),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Identity: ([a]) => a,
  Cast: ([a], { to }) => (a.type === to ? a : constantOf(to as DataType, a.dims, numbersOf(a))),
  Shape: ([a]) => constantOf(DataType.INT64, [a.dims.length], a.dims),
  Reshape: ([a, shape], { allowzero }) => {
    const wanted = Array.from(numbersOf(shape), (size, axis) => (size === 0 && !allowzero ? a.dims[axis] : size));
    const fixed = sizeOf(wanted.filter((size) => size !== -1));
    const dims = wanted.map((size) => (size === -1 ? a.data.length / fixed : size));
    return sizeOf(dims) === a.data.length ? { ...a, dims } : undefined;
  },
  Squeeze: ([a, axes]) => {
    const gone = axes && axesOf(axes, a.dims.length);
    return { ...a, dims: a.dims.filter((size, axis) => (gone ? !gone.includes(axis) : size !== 1)) };
  },
  Unsqueeze: ([a, axes]) => {
    const rank = a.dims.length + axes.data.length;
    const added = axesOf(axes, rank);
    const rest = [...a.dims];
    return { ...a, dims: Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!)) };
  },
  Transpose: ([a], { perm }) => {
    const order = (perm as number[] | undefined) ?? a.dims.map((_, axis) => a.dims.length - 1 - axis);
    const steps = strides(a.dims);
    return view(
      a,
      order.map((axis) => a.dims[axis]),
      order.map((axis) => steps[axis]),
    );
  },
  Concat: (inputs, { axis }) => {
    const at = Number(axis) < 0 ? Number(axis) + inputs[0].dims.length : Number(axis);
    const dims = inputs[0].dims.map((size, i) =>
      i === at ? inputs.reduce((total, input) => total + input.dims[at], 0) : size,
    );
    const out = new Float64Array(sizeOf(dims));
    const inner = sizeOf(dims.slice(at + 1));
    let row = 0;
    for (const input of inputs) {
      const [values, width] = [numbersOf(input), input.dims[at] * inner];
      for (let i = 0; i < values.length; i++) {
        out[Math.floor(i / width) * dims[at] * inner + row + (i % width)] = values[i];
      }
      row += width;
    }
    return constantOf(inputs[0].type, dims, out);
  },
  Gather: ([a, indices], attributes) => {
    const axis = Number(attributes.axis ?? 0);
    const at = axis < 0 ? axis + a.dims.length : axis;
    const picks = axesOf(indices, a.dims[at]);
    if (picks.some((pick) => pick < 0 || pick >= a.dims[at])) return undefined;
    const inner = sizeOf(a.dims.slice(at + 1));
    const dims = [...a.dims.slice(0, at), ...indices.dims, ...a.dims.slice(at + 1)];
    if (sizeOf(dims) > MAX_NEW_VALUES) return undefined;
    const values = numbersOf(a);
    const out = new Float64Array(sizeOf(dims));
    for (let i = 0; i < out.length; i++) {
      const pick = picks[Math.floor(i / inner) % picks.length];
      const outer = Math.floor(i / (inner * picks.length));
      out[i] = values[(outer * a.dims[at] + pick) * inner + (i % inner)];
    }
    return constantOf(a.type, dims, out);
  },
  Slice: ([a, starts, ends, axes, steps]) => {
    const along = axes ? axesOf(axes, a.dims.length) : a.dims.map((_, axis) => axis);
    const [from, to] = [numbersOf(starts), numbersOf(ends)];
    const dims = [...a.dims];
    const step = strides(a.dims);
    let start = 0;
    along.forEach((axis, i) => {
      const size = a.dims[axis];
      const by = steps ? numbersOf(steps)[i] : 1;
      const place = (value: number) => (value < 0 ? value + size : value);
      const first = by > 0 ? clamp(place(from[i]), 0, size) : clamp(place(from[i]), 0, size - 1);
      const last = by > 0 ? clamp(place(to[i]), 0, size) : clamp(place(to[i]), -1, size - 1);
      dims[axis] = Math.max(0, Math.ceil((last - first) / by));
      start += first * step[axis];
      step[axis] *= by;
    });
    return view(a, dims, step, start);
  },
};

/** The result of an ONNX operator on constants, where it is one that is computed at reading time. */
export function fold(opType: string, inputs: readonly Constant[], attributes: Attributes): Constant | undefined {
  return FOLDS[opType]?.(inputs, attributes);
}
