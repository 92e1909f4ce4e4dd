import type { Model } from "../model/types.js";

/** Pictures under way for each model: one passes through it, one is decoded, one is written down. */
const SEATS = 3;
/** Copies of the model, at most: each holds its weights. */
const MOST_COPIES = 4;

/**
 * The models that look at pictures side by side. A model on several cores is copied, and its cores shared out: together
 * the copies do more pictures in a time than one that shares out each pass.
 */
export class Crew implements AsyncDisposable {
  readonly #copies: readonly Model[];
  /** Models that have room for a picture, once for each. */
  readonly #free: Model[];
  readonly #waiting: ((model: Model) => void)[] = [];

  private constructor(models: readonly Model[], copies: readonly Model[], seats: number) {
    this.#copies = copies;
    this.#free = Array.from({ length: seats }, (_, seat) => models[seat % models.length]);
  }

  /** @param concurrency pictures side by side, when it is not to follow from the cores */
  static async of(model: Model, concurrency?: number): Promise<Crew> {
    const { threads } = model.info;
    const sides = Math.min(threads, MOST_COPIES, concurrency ?? threads);
    const wanted = model.replica && sides > 1 ? sides : 0;
    const share = Math.floor(threads / sides);
    const opened = await Promise.allSettled(Array.from({ length: wanted }, () => model.replica?.(share)));
    const copies = opened.flatMap((one) => (one.status === "fulfilled" && one.value ? [one.value] : []));
    const failed = opened.find((one) => one.status === "rejected");
    if (failed) {
      await Promise.all(copies.map((copy) => copy.close()));
      throw failed.reason;
    }
    const models = copies.length ? copies : [model];
    return new Crew(models, copies, concurrency ?? Math.max(4, SEATS * models.length));
  }

  /** Does a piece of work as soon as a model has room for it; what came first goes first. */
  async employ<T>(work: (model: Model) => Promise<T>): Promise<T> {
    const model = this.#free.shift() ?? (await new Promise<Model>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(model);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(model);
      else this.#free.push(model);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#copies.map((copy) => copy.close()));
  }
}
