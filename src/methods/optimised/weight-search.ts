/** The weight of an aim: ten times larger after a failure, half the way back after a success, by bisection between. */
export class WeightSearch {
  #least = 0;
  #most = Number.POSITIVE_INFINITY;

  constructor(public weight: number) {}

  /** @param reached whether the present weight was enough */
  told(reached: boolean): void {
    if (reached) this.#most = this.weight;
    else this.#least = this.weight;
    this.weight = Number.isFinite(this.#most) ? (this.#least + this.#most) / 2 : this.weight * 10;
  }
}

/** The value, or the nearest bound. */
export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
