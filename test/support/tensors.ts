import assert from "node:assert/strict";
import { SightlineError } from "../../src/core/errors.js";
import { random } from "../../src/core/random.js";
import { sizeOf, type Tensor } from "../../src/core/tensor.js";

/** Standard normal values. */
export function noise(dims: readonly number[], seed = 7): Tensor {
  const { normal } = random(seed);
  return { data: Float32Array.from({ length: sizeOf(dims) }, () => normal()), dims };
}

export function zeros(dims: readonly number[]): Tensor {
  return { data: new Float32Array(sizeOf(dims)), dims };
}

/** Fails unless all values agree within a tolerance. */
export function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) <= tolerance, `at ${i}: ${found[i]} is not ${expected[i]}`);
  }
}

/** For `assert.rejects` and `assert.throws`: a {@link SightlineError} of this code with these words. */
export function fails(code: string, words?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SightlineError, String(error));
    assert.equal(error.code, code, error.message);
    if (words) assert.match(error.message, words);
    return true;
  };
}
