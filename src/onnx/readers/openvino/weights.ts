import { SightlineError } from "../../../core/errors.js";
import { sizeOf } from "../../../core/tensor.js";
import { type Constant, type ConstantData, unpackInt4, widenBfloat16, widenFloat16 } from "../../constant.js";
import type { Layer } from "./layers.js";

type Reader = (bytes: Uint8Array, count: number) => ConstantData;

/** Element type → bits an element and how to read them. Bytes come as an aligned copy. */
const READERS: Readonly<Record<string, readonly [bits: number, read: Reader]>> = {
  f32: [32, ({ buffer }) => new Float32Array(buffer as ArrayBuffer)],
  f16: [16, ({ buffer }) => widenFloat16(new Uint16Array(buffer as ArrayBuffer))],
  bf16: [16, ({ buffer }) => widenBfloat16(new Uint16Array(buffer as ArrayBuffer))],
  f64: [64, ({ buffer }) => new Float32Array(new Float64Array(buffer as ArrayBuffer))],
  i64: [64, ({ buffer }) => new BigInt64Array(buffer as ArrayBuffer)],
  u64: [64, ({ buffer }) => new BigUint64Array(buffer as ArrayBuffer)],
  i32: [32, ({ buffer }) => new Int32Array(buffer as ArrayBuffer)],
  u32: [32, ({ buffer }) => new Uint32Array(buffer as ArrayBuffer)],
  i16: [16, ({ buffer }) => new Int16Array(buffer as ArrayBuffer)],
  u16: [16, ({ buffer }) => new Uint16Array(buffer as ArrayBuffer)],
  i8: [8, ({ buffer }) => new Int8Array(buffer as ArrayBuffer)],
  u8: [8, (bytes) => bytes],
  boolean: [8, (bytes) => bytes.map((value) => (value ? 1 : 0))],
  i4: [4, (bytes, count) => unpackInt4(bytes, count, true)],
  u4: [4, (bytes, count) => unpackInt4(bytes, count, false)],
  u1: [1, (bytes, count) => Uint8Array.from({ length: count }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1)],
};

/**
 * Value of a Const layer, widened to the type that the graph computes in.
 * @throws SightlineError `bad-model` when it lies outside the weights or does not fill its shape
 */
export function readWeights({ name, data, outputs: [port] }: Layer, bin: Uint8Array): Constant {
  const fail = (why: string): never => {
    throw new SightlineError("bad-model", `the constant '${name}' ${why}`, {
      received: `${bin.length} bytes of weights`,
      expected: "the .bin file that was written with the .xml file",
      next: "check that both are complete and belong together",
    });
  };
  if (!port) return fail("has no output");
  const dims = data.has("shape") ? data.numbers("shape") : port.dims.map((dim) => Number(dim ?? Number.NaN));
  if (dims.some((dim) => !Number.isInteger(dim) || dim < 0)) fail("has no fixed shape");
  const [bits, read] = READERS[port.storedType];
  const count = sizeOf(dims);
  const size = Math.ceil((count * bits) / 8);
  const offset = data.number("offset");
  if (!Number.isSafeInteger(offset) || offset < 0) fail(`begins at ${data.string("offset")}`);
  // An empty constant is stored as one byte.
  if (count > 0 && data.number("size", size) !== size)
    fail(`has ${data.string("size")} bytes where its shape needs ${size}`);
  if (!Number.isSafeInteger(size) || offset + size > bin.length) fail(`ends at ${offset + size}, after the weights`);
  return { type: port.type, dims, data: read(bin.slice(offset, offset + size), count) };
}
