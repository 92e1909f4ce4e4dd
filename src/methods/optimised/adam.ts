/** Adam with its usual constants. Kingma & Ba, ICLR 2015, algorithm 1. */
export class Adam {
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  readonly #rate: number;
  #time = 0;

  constructor(size: number, rate: number) {
    this.#mean = new Float64Array(size);
    this.#square = new Float64Array(size);
    this.#rate = rate;
  }

  /** Moves values down a gradient. */
  step(values: Float32Array, gradient: (i: number) => number): void {
    this.#time++;
    const [first, second] = [1 - 0.9 ** this.#time, 1 - 0.999 ** this.#time];
    for (let i = 0; i < values.length; i++) {
      const g = gradient(i);
      this.#mean[i] = 0.9 * this.#mean[i] + 0.1 * g;
      this.#square[i] = 0.999 * this.#square[i] + 0.001 * g * g;
      values[i] -= (this.#rate * (this.#mean[i] / first)) / (Math.sqrt(this.#square[i] / second) + 1e-8);
    }
  }
}
