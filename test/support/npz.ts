import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { fromBufferPromise } from "yauzl";
import type { Tensor } from "../../src/core/tensor.js";
import { widenFloat16 } from "../../src/onnx/constant.js";

/** One array of NumPy: values in row-major order, 16-bit floats widened, booleans as bytes, texts as strings. */
export interface NpyArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array
    | string[];
}

/** Reads a `.npy` file (format 1 to 3, little-endian, C order). */
export function parseNpy(file: Uint8Array): NpyArray {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.subarray(1, 6).toString("latin1") !== "NUMPY") throw new Error("not a .npy file");
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.subarray(start, end).toString("utf8");
  const dtype = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  if (/'fortran_order':\s*True/.test(header)) throw new Error("Fortran order is not read");
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((part) => part.trim())
    .map(Number);
  const body = new Uint8Array(bytes.subarray(end)).buffer;
  return { dtype, shape, data: values(dtype, body) };
}

function values(dtype: string, body: ArrayBuffer): NpyArray["data"] {
  switch (dtype.replace(/^[<|=]/, "")) {
    case "f2":
      return widenFloat16(new Uint16Array(body));
    case "f4":
      return new Float32Array(body);
    case "f8":
      return new Float64Array(body);
    case "i1":
      return new Int8Array(body);
    case "u1":
    case "b1":
      return new Uint8Array(body);
    case "i2":
      return new Int16Array(body);
    case "u2":
      return new Uint16Array(body);
    case "i4":
      return new Int32Array(body);
    case "u4":
      return new Uint32Array(body);
    case "i8":
      return new BigInt64Array(body);
    case "u8":
      return new BigUint64Array(body);
  }
  const width = Number(/^<U(\d+)$/.exec(dtype)?.[1]);
  if (!width) throw new Error(`the dtype ${dtype} is not read`);
  const points = new Uint32Array(body);
  return Array.from({ length: points.length / width }, (_, i) =>
    String.fromCodePoint(...points.subarray(i * width, (i + 1) * width)).replace(/\0+$/, ""),
  );
}

/** Reads the arrays of a `.npz` file by name. */
export async function readNpz(path: string): Promise<ReadonlyMap<string, NpyArray>> {
  const zip = await fromBufferPromise(await readFile(path));
  const arrays = new Map<string, NpyArray>();
  for await (const entry of zip.eachEntry()) {
    arrays.set(entry.fileName.replace(/\.npy$/, ""), parseNpy(await buffer(await zip.openReadStreamPromise(entry))));
  }
  return arrays;
}

/** An array of numbers as a float32 tensor. */
export function toTensor(array: NpyArray | undefined): Tensor {
  if (!array || Array.isArray(array.data)) throw new Error("no such array of numbers");
  return { data: Float32Array.from(array.data as ArrayLike<number | bigint>, Number), dims: array.shape };
}
