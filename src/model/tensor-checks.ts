import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { isTensor, sizeOf, type Tensor } from "../core/tensor.js";
import { inputDims } from "./input-geometry.js";
import type { InputGeometry } from "./types.js";

export function shapeMismatch(
  what: string,
  received: readonly number[],
  expected: readonly (number | string)[],
): SightlineError {
  return new SightlineError("shape-mismatch", `${what}: [${received.join(", ")}]`, {
    received,
    expected: `[${expected.join(", ")}]`,
  });
}

/** @throws SightlineError `shape-mismatch`, `not-finite` unless it is one input of the model */
export function checkInput(value: Tensor, input: InputGeometry, from: string): Tensor {
  checkShape(value, input, from);
  checkFinite(value.data, from);
  return value;
}

/** @throws SightlineError `shape-mismatch` unless it has the shape of one input of the model */
export function checkShape(value: Tensor, input: InputGeometry, from: string): void {
  const dims = inputDims(input);
  const received = isTensor(value) ? `[${value.dims.join(", ")}]` : kindOf(value);
  if (!isTensor(value) || value.dims.join() !== dims.join() || value.data.length !== sizeOf(dims)) {
    throw new SightlineError("shape-mismatch", `${from} is ${received}`, {
      received,
      expected: `a tensor { data: Float32Array, dims: [${dims.join(", ")}] }`,
      next: adviceOn(isTensor(value) ? value.dims : [], dims, input),
    });
  }
}

function adviceOn(received: readonly number[], wanted: readonly number[], input: InputGeometry): string {
  const picture = wanted.slice(1).join();
  if (received.slice(1).join() === picture && received[0] > 1) return "pass one picture; model.run takes a batch";
  if (received.join() === picture) return "put a dimension of 1 before the others, for the batch";
  return `the model wants ${input.layout === "nchw" ? "channels before rows and columns" : "channels last"}`;
}

/**
 * How many inputs a batch holds.
 * @throws SightlineError `shape-mismatch`, `not-finite` unless it holds whole inputs of the model
 */
export function checkBatch(batch: Tensor, input: InputGeometry, what: string): number {
  const rest = inputDims(input).slice(1);
  const received = isTensor(batch) ? batch.dims : [];
  const fits = received.slice(1).join() === rest.join() && received[0] > 0 && batch.data.length === sizeOf(received);
  if (!isTensor(batch)) {
    throw new SightlineError("shape-mismatch", `${what} is no tensor: ${kindOf(batch)}`, {
      received: kindOf(batch),
      expected: `{ data: Float32Array, dims: [n, ${rest.join(", ")}] }`,
      next: "model.prepare makes one of a picture",
    });
  }
  if (!fits) throw shapeMismatch(what, received, ["n", ...rest]);
  checkFinite(batch.data, what);
  return received[0];
}

/** @throws SightlineError `not-finite` */
export function checkFinite(data: Float32Array, from: string): void {
  if (allFinite(data)) return;
  const position = data.findIndex((value) => !Number.isFinite(value));
  throw new SightlineError("not-finite", `${from} has ${data[position]} at position ${position}`, {
    received: data[position],
    expected: "finite numbers only",
    next: "look for a division by zero in the preprocessing",
  });
}

const EXPONENT = 0x7f800000;
const LOWEST_EXPONENT_BIT = 0x00800000;

/** Whether no value is infinite or NaN: only of those all bits of the exponent are set, so that one more overflows. */
function allFinite({ buffer, byteOffset, length }: Float32Array): boolean {
  const bits = new Int32Array(buffer, byteOffset, length);
  let [a, b] = [0, 0];
  let i = 0;
  for (; i + 1 < length; i += 2) {
    a |= ((bits[i] & EXPONENT) + LOWEST_EXPONENT_BIT) | 0;
    b |= ((bits[i + 1] & EXPONENT) + LOWEST_EXPONENT_BIT) | 0;
  }
  if (i < length) a |= ((bits[i] & EXPONENT) + LOWEST_EXPONENT_BIT) | 0;
  return (a | b) >= 0;
}
