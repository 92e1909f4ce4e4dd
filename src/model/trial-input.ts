import { random } from "../core/random.js";
import { sizeOf } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import { inputDims } from "./input-geometry.js";
import { integerInput } from "./integer-input.js";
import type { InputGeometry } from "./types.js";

/**
 * Pictures made up to try a graph on. Their recipe says all that is in them, so that an answer to them can be looked up
 * by it; they are only made where somebody reads them.
 */
export class TrialInput implements Constant {
  readonly type = DataType.FLOAT;
  readonly recipe: string;
  readonly dims: readonly number[];
  readonly #make: () => Float32Array;
  #data?: Float32Array;

  private constructor(recipe: string, dims: readonly number[], make: () => Float32Array) {
    this.recipe = recipe;
    this.dims = dims;
    this.#make = make;
  }

  /** One random picture. @param type of the input as the file has it: whole numbers stay such */
  static uniform(input: InputGeometry, type: DataType, seed: number): TrialInput {
    const integer = integerInput(type);
    const dims = inputDims(input);
    const least = integer && integer.largest < 255 ? integer.least : 0;
    const range = integer ? `whole numbers from ${least} to ${least + 255}` : "numbers from -1 to 1";
    return new TrialInput(`${range}, seed ${seed}`, dims, () => {
      const { uniform } = random(seed);
      return Float32Array.from({ length: sizeOf(dims) }, () =>
        integer ? Math.floor(uniform() * 256) + least : 2 * uniform() - 1,
      );
    });
  }

  /** Pictures, one behind the other. */
  static stack(parts: readonly TrialInput[]): TrialInput {
    if (parts.length === 1) return parts[0];
    const recipe = parts.map((part) => `(${part.recipe})`).join();
    const batch = parts.reduce((sum, { dims }) => sum + dims[0], 0);
    return new TrialInput(recipe, [batch, ...parts[0].dims.slice(1)], () => {
      const all = new Float32Array(parts.reduce((sum, { dims }) => sum + sizeOf(dims), 0));
      let at = 0;
      for (const { data } of parts) {
        all.set(data, at);
        at += data.length;
      }
      return all;
    });
  }

  get data(): Float32Array {
    this.#data ??= this.#make();
    return this.#data;
  }

  times(factor: number): TrialInput {
    return new TrialInput(`${factor} times (${this.recipe})`, this.dims, () =>
      this.data.map((value) => factor * value),
    );
  }
}
