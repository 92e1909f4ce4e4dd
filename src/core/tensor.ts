import { SightlineError } from "./errors.js";
import { kindOf } from "./kind-of.js";

/** A dense float32 array in row-major order; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Number of elements that dimensions describe. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * A tensor of given data and dimensions.
 * @example
 * const batch = tensor(new Float32Array(2 * 3 * 64 * 64), [2, 3, 64, 64]);
 * await model.run(batch);                                     // raw scores, [2, classes]
 * @throws SightlineError `shape-mismatch` when the data does not fill the dimensions
 */
export function tensor(data: Float32Array, dims: readonly number[]): Tensor {
  if (!(data instanceof Float32Array) || !Array.isArray(dims) || !dims.every(isLength)) {
    const wrong = data instanceof Float32Array ? `dimensions that are ${kindOf(dims)}` : kindOf(data);
    throw new SightlineError("shape-mismatch", `a tensor cannot be made of ${wrong}`, {
      received: wrong,
      expected: "a Float32Array and a list of whole numbers",
    });
  }
  if (data.length !== sizeOf(dims)) {
    throw new SightlineError("shape-mismatch", `${data.length} values do not fill a tensor of [${dims.join(", ")}]`, {
      received: data.length,
      expected: `${sizeOf(dims)} values`,
      next: "check the dimensions and the layout",
    });
  }
  return { data, dims };
}

const isLength = (dim: unknown) => Number.isSafeInteger(dim) && Number(dim) >= 0;

/** Whether a value looks like a {@link Tensor}. */
export function isTensor(value: unknown): value is Tensor {
  const candidate = value as Partial<Tensor> | null;
  return typeof candidate === "object" && candidate?.data instanceof Float32Array && Array.isArray(candidate.dims);
}

/** The same tensor `count` times along the first dimension, which must be 1. */
export function repeatBatch(one: Tensor, count: number): Tensor {
  const data = new Float32Array(one.data.length * count);
  for (let i = 0; i < count; i++) data.set(one.data, i * one.data.length);
  return { data, dims: [one.dims[0] * count, ...one.dims.slice(1)] };
}
