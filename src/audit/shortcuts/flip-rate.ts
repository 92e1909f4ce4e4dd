import type { Tensor } from "../../core/tensor.js";
import { hasClass } from "../../model/ranking.js";
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
    const flipped = await this.each(pictures, change);
    return flipped.filter(Boolean).length / pictures.length;
  }

  /** Whether each picture is the class when it is changed. */
  async each<T>(pictures: readonly T[], change: (picture: T, i: number) => Tensor): Promise<boolean[]> {
    const answers: boolean[] = [];
    for (const [i, picture] of pictures.entries()) answers.push(await this.#isClass(change(picture, i)));
    return answers;
  }

  async #isClass(input: Tensor): Promise<boolean> {
    const scores = await this.#model.run(input, { signal: this.#signal });
    const { data, dims } = this.#model.probabilities(scores);
    this.forwardPasses += dims[0];
    return hasClass(this.#model, data, this.#index);
  }
}
