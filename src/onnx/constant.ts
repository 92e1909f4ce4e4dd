import { create } from "@bufbuild/protobuf";
import { SightlineError } from "../core/errors.js";
import { Attributes } from "./attributes.js";
import {
  TensorProto_DataType as DataType,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from "./proto/onnx-ml_pb.js";

export { DataType };

/** Values of a constant; 16-bit floats are widened to float32, booleans are bytes, 4-bit integers one a byte. */
export type ConstantData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A constant of the graph. */
export interface Constant {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: ConstantData;
}

type ArrayType = new (buffer: ArrayBuffer) => ConstantData;

const ARRAYS: Partial<Record<DataType, ArrayType>> = {
  [DataType.FLOAT]: Float32Array,
  [DataType.DOUBLE]: Float64Array,
  [DataType.INT8]: Int8Array,
  [DataType.UINT8]: Uint8Array,
  [DataType.BOOL]: Uint8Array,
  [DataType.INT16]: Int16Array,
  [DataType.UINT16]: Uint16Array,
  [DataType.INT32]: Int32Array,
  [DataType.UINT32]: Uint32Array,
  [DataType.INT64]: BigInt64Array,
  [DataType.UINT64]: BigUint64Array,
};

let halves: Float32Array | undefined;

/** The value of each of the 65,536 numbers of 16 bits. */
function float16Values(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  return halves;
}

/** float16 bits (IEEE 754 binary16) to float32. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  const values = float16Values();
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = values[bits[i]];
  return wide;
}

/** bfloat16 bits to float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
  return new Float32Array(wide.buffer);
}

/** Two 4-bit integers a byte, low one first, to one a byte. */
export function unpackInt4(bytes: Uint8Array, count: number, signed: boolean): Int8Array | Uint8Array {
  const values = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const nibble = (bytes[i >> 1] >> (4 * (i & 1))) & 15;
    values[i] = signed && nibble > 7 ? nibble - 16 : nibble;
  }
  return values;
}

/**
 * Reads a tensor of the file.
 * @throws SightlineError `bad-model` when its data is missing, external or does not fill its dimensions
 */
export function readConstant(proto: TensorProto): Constant {
  const type = proto.dataType as DataType;
  const dims = proto.dims.map(Number);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const fail = (why: string, next?: string): never => {
    throw new SightlineError("bad-model", `the tensor '${proto.name}' ${why}`, { received: DataType[type], next });
  };
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) fail("has its data in another file", "read that first");

  const raw = proto.rawData;
  const bits16 = () =>
    raw.length
      ? new Uint16Array(new Uint8Array(raw).buffer)
      : Uint16Array.from(proto.int32Data, (value) => value & 0xffff);
  let data: ConstantData;
  if (type === DataType.FLOAT16) data = widenFloat16(bits16());
  else if (type === DataType.BFLOAT16) data = widenBfloat16(bits16());
  else if (type === DataType.INT4 || type === DataType.UINT4) {
    data = unpackInt4(raw.length ? raw : Uint8Array.from(proto.int32Data), size, type === DataType.INT4);
  } else {
    const ArrayOf = ARRAYS[type];
    if (!ArrayOf) return fail(`has the element type ${DataType[type] ?? type}, which cannot be read`);
    if (raw.length) {
      const width = (ArrayOf as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
      if (raw.length !== size * width) fail(`has ${raw.length} bytes where ${size * width} were expected`);
      data = new ArrayOf(new Uint8Array(raw).buffer);
    } else if (type === DataType.FLOAT) data = Float32Array.from(proto.floatData);
    else if (type === DataType.DOUBLE) data = Float64Array.from(proto.doubleData);
    else if (type === DataType.INT64) data = BigInt64Array.from(proto.int64Data);
    else if (type === DataType.UINT64) data = BigUint64Array.from(proto.uint64Data);
    else if (type === DataType.UINT32) data = Uint32Array.from(proto.uint64Data, Number);
    else data = (ArrayOf as unknown as typeof Int32Array).from(proto.int32Data) as ConstantData;
  }
  if (data.length !== size) fail(`has ${data.length} values where ${size} were expected`);
  return { type, dims, data };
}

/** The value of a Constant node; undefined for the kinds that are no numbers. */
export function readConstantNode(node: NodeProto): Constant | undefined {
  const attributes = new Attributes(node);
  const proto = attributes.tensor("value");
  if (proto) return readConstant(proto);
  if (attributes.has("value_float")) {
    return { type: DataType.FLOAT, dims: [], data: new Float32Array([attributes.float("value_float", 0)]) };
  }
  if (attributes.has("value_int")) {
    return { type: DataType.INT64, dims: [], data: BigInt64Array.of(BigInt(attributes.int("value_int", 0))) };
  }
  const floatList = attributes.floats("value_floats");
  if (floatList?.length) return floats(floatList);
  const intList = attributes.ints("value_ints");
  return intList?.length ? ints(intList) : undefined;
}

/** Writes a constant as a tensor of the file. Types that the file holds packed (16-bit floats, 4-bit) are not written. */
export function writeConstant(name: string, { type, dims, data }: Constant): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: type,
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

/** A float32 constant; a number makes a scalar. */
export function floats(values: number | ArrayLike<number>, dims?: readonly number[]): Constant {
  if (typeof values === "number") return { type: DataType.FLOAT, dims: [], data: new Float32Array([values]) };
  const data = values instanceof Float32Array ? values : Float32Array.from(values);
  return { type: DataType.FLOAT, dims: dims ?? [data.length], data };
}

/** An int64 constant; a number makes a scalar. */
export function ints(values: number | readonly number[], dims?: readonly number[]): Constant {
  if (typeof values === "number") return { type: DataType.INT64, dims: [], data: BigInt64Array.of(BigInt(values)) };
  return { type: DataType.INT64, dims: dims ?? [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** Whether a type is of floating-point numbers, of any precision. */
export const isFloat = (type: DataType): boolean =>
  type === DataType.FLOAT || type === DataType.DOUBLE || type === DataType.FLOAT16 || type === DataType.BFLOAT16;
