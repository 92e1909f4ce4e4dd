import { SightlineError } from "../core/errors.js";
import type { Device } from "../model/device.js";
import type { Model } from "../model/types.js";

/** Pictures under way for each model: one passes through it, one is decoded, one is written down. */
const PICTURES_PER_MODEL = 3;
/** Copies of the model, at most: each holds its weights. */
const MOST_COPIES = 4;

export interface PoolOptions {
  /** Pictures side by side; follows from the cores and devices when absent. */
  readonly concurrency?: number;
  /** Where pictures are examined, one model on each. */
  readonly devices?: readonly Device[];
}

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

  /** @throws SightlineError `not-supported` for a device that cannot be had, or does not give the model's answers */
  static async open(model: Model, { concurrency, devices }: PoolOptions = {}): Promise<ModelPool> {
    const copies = await (devices ? copiesOn(model, devices) : copiesOfCores(model, concurrency));
    const itself = copies.length === 0 || devices?.includes(model.info.device);
    const models = itself ? [model, ...copies] : copies;
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

/** A model on several cores once for each of them, or for its share of them. */
function copiesOfCores(model: Model, concurrency: number | undefined): Promise<readonly Model[]> {
  const { threads } = model.info;
  const most = Math.min(threads, MOST_COPIES, concurrency ?? threads);
  const { replica } = model;
  if (!replica || most < 2) return Promise.resolve([]);
  return allOrNone(Array.from({ length: most }, () => replica.call(model, Math.floor(threads / most))));
}

/** A model on each device but the first one that it is on itself. */
function copiesOn(model: Model, devices: readonly Device[]): Promise<readonly Model[]> {
  const { replica, info } = model;
  const own = devices.indexOf(info.device);
  const others = devices.filter((_, i) => i !== own);
  if (!replica && others.length > 0) {
    throw new SightlineError("not-supported", "this model cannot be copied to other devices", {
      received: others.join(", "),
      expected: "a model that was loaded from a file",
      next: "leave devices out",
    });
  }
  return allOrNone(
    others.map((device) => (replica as NonNullable<Model["replica"]>).call(model, info.threads, device)),
  );
}

async function allOrNone(opening: readonly Promise<Model>[]): Promise<readonly Model[]> {
  const opened = await Promise.allSettled(opening);
  const copies = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = opened.find((one) => one.status === "rejected");
  if (!failed) return copies;
  await Promise.all(copies.map((copy) => copy.close()));
  throw failed.reason;
}
