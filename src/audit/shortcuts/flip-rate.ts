import type { Tensor } from "../../core/tensor.js";
import type { Model } from "../../model/types.js";

/** Counts how many pictures a change turns into a class, and the passes that this takes. */
export class FlipRate {
  forwardPasses = 0;
  readonly #model: Model;
  readonly #index: number;
  readonly #signal?: AbortSignal;

  constructor(model: Model, prediction: string, signal?: AbortSignal) {
    this.#model = model;
    this.#index = model.classIndex(prediction);
    this.#signal = signal;
  }

  /** Share of the pictures that are the class when each is changed. */
  async of<T>(pictures: readonly T[], change: (picture: T, i: number) => Tensor): Promise<number> {
    let flipped = 0;
    for (const [i, picture] of pictures.entries()) if (await this.#isClass(change(picture, i))) flipped += 1;
    return flipped / pictures.length;
  }

  async #isClass(input: Tensor): Promise<boolean> {
    const scores = await this.#model.run(input, { signal: this.#signal });
    const { data, dims } = this.#model.probabilities(scores);
    this.forwardPasses += dims[0];
    return this.#model.labels.length === 1 ? data[0] >= 0.5 : data.indexOf(Math.max(...data)) === this.#index;
  }
}
