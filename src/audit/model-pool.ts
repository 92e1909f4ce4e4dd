import type { Model } from "../model/types.js";

/** Pictures under way for each model: one passes through it, one is decoded, one is written down. */
const PICTURES_PER_MODEL = 3;
/** Copies of the model, at most: each holds its weights. */
const MOST_COPIES = 4;

/**
 * Models that examine pictures side by side. A model on several cores is copied, and its cores shared out: together
 * the copies do more pictures in a time than one that shares out each pass.
 */
export class ModelPool implements AsyncDisposable {
  readonly #copies: readonly Model[];
  /** Models that have room for a picture, once for each. */
  readonly #free: Model[];
  readonly #waiting: ((model: Model) => void)[] = [];

  private constructor(models: readonly Model[], copies: readonly Model[], places: number) {
    this.#copies = copies;
    this.#free = Array.from({ length: places }, (_, place) => models[place % models.length]);
  }

  /** @param concurrency pictures side by side; follows from the cores when absent */
  static async open(model: Model, concurrency?: number): Promise<ModelPool> {
    const { threads } = model.info;
    const most = Math.min(threads, MOST_COPIES, concurrency ?? threads);
    const wanted = model.replica && most > 1 ? most : 0;
    const threadsEach = Math.floor(threads / most);
    const opened = await Promise.allSettled(Array.from({ length: wanted }, () => model.replica?.(threadsEach)));
    const copies = opened.flatMap((one) => (one.status === "fulfilled" && one.value ? [one.value] : []));
    const failed = opened.find((one) => one.status === "rejected");
    if (failed) {
      await Promise.all(copies.map((copy) => copy.close()));
      throw failed.reason;
    }
    const models = copies.length ? copies : [model];
    return new ModelPool(models, copies, concurrency ?? Math.max(4, PICTURES_PER_MODEL * models.length));
  }

  /** Runs a piece of work as soon as a model has room for it, first come, first served. */
  async run<T>(work: (model: Model) => Promise<T>): Promise<T> {
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
