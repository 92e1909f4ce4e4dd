import { SightlineError } from "../core/errors.js";
import { placeOf } from "../core/pixel-index.js";
import { type Random, random } from "../core/random.js";
import { extent } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import type { PreparedImage } from "../image/types.js";
import type { Model } from "../model/types.js";
import { type Baseline, baselineOf } from "../perturb/fill.js";

/** What is explained: a probability, or a logit. */
export type Score = "probability" | "logit";

/** What all maps of one picture and class share. */
export interface MetricSetting {
  readonly model: Model;
  readonly prepared: PreparedImage;
  /** Class index. */
  readonly target: number;
  /** [height · width] of 0 and 1 at the model's input. */
  readonly region?: Uint8Array;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Counts forward passes; shared by all maps. */
  readonly counter: { passes: number };
  /** Results that do not depend on the map, by name. */
  readonly cache: Map<string, Promise<unknown>>;
}

/** A map of it. */
export interface EvaluatedMap {
  /** Values at the model's input, [height · width], finite. */
  readonly values: Float32Array;
  /** The map as the method gave it, before it was resized. */
  readonly native: Float32Array;
  readonly signed: boolean;
  /** The seed that it was made with. */
  readonly seed: number;
  /** What the method explained. */
  readonly score: Score;
  /** The method again; undefined for a random baseline map, which does not look at pictures. */
  readonly rerun?: Rerun;
  readonly provenance?: {
    readonly forwardPasses: number;
    readonly backwardPasses: number;
    readonly milliseconds: number;
  };
  /** The baseline that the method itself used, by name. */
  readonly baseline?: unknown;
}

/** Runs the map's method again; resolves to values at the model's input. */
export type Rerun = (change: { input?: Tensor; seed?: number; model?: Model }) => Promise<Float32Array>;

/** What a metric sees: one map under test, and the model behind counted functions. */
export class MetricContext {
  readonly width: number;
  readonly height: number;
  /** The pixel of each element of the input. */
  readonly pixelOf: (element: number) => number;

  constructor(
    readonly setting: MetricSetting,
    readonly map: EvaluatedMap,
  ) {
    const { input } = setting.model.info;
    this.width = input.width;
    this.height = input.height;
    this.pixelOf = placeOf(input);
  }

  get input(): Tensor {
    return this.setting.prepared.tensor;
  }

  /** The object's pixels. @throws SightlineError `bad-config` when neither mask nor box was given */
  get region(): Uint8Array {
    if (this.setting.region) return this.setting.region;
    throw new SightlineError("bad-config", "this metric needs to know where the object is", {
      expected: "a mask or a box",
      next: "pass { mask } or { box }",
    });
  }

  /** The same setting with another map. */
  with(map: Partial<EvaluatedMap>): MetricContext {
    return new MetricContext(this.setting, { ...this.map, ...map });
  }

  /** A stream of random numbers of this evaluation, the same for every map. */
  random(stream: number): Random {
    return random(this.setting.seed).fork(stream);
  }

  /** Computes once for all maps. */
  once<T>(name: string, compute: () => Promise<T>): Promise<T> {
    const { cache } = this.setting;
    const result = cache.get(name) ?? compute();
    cache.set(name, result);
    return result as Promise<T>;
  }

  /** What is left of the input where the picture is removed: black, the mean colour or the blurred picture, batch 1. */
  baseline(kind: Baseline): Tensor {
    return baselineOf(this.setting.model, this.input, kind);
  }

  /** The target's score of each picture of a batch. */
  async scores(batch: Tensor, score: Score = "probability"): Promise<Float32Array> {
    return this.#ofTarget(await this.#answers(batch, score));
  }

  /** The target's score of the picture itself, asked for once. */
  score(kind: Score = "probability"): Promise<number> {
    return this.once(`score ${kind}`, async () => (await this.scores(this.input, kind))[0]);
  }

  /** Scores of many pictures, made one by one and passed in batches. */
  async stream(count: number, picture: (n: number, out: Float32Array) => void, score?: Score): Promise<Float32Array> {
    return this.#ofTarget(await this.streamAll(count, picture, score));
  }

  /** {@link stream} with the scores of every class, a row for each picture. */
  async streamAll(
    count: number,
    picture: (n: number, out: Float32Array) => void,
    score: Score = "probability",
  ): Promise<Float32Array[]> {
    const batch = Math.max(1, await this.setting.model.batchSize());
    const size = this.input.data.length;
    const all: Float32Array[] = [];
    for (let start = 0; start < count; start += batch) {
      const n = Math.min(batch, count - start);
      const data = new Float32Array(n * size);
      for (let i = 0; i < n; i++) picture(start + i, data.subarray(i * size, (i + 1) * size));
      all.push(...(await this.#answers({ data, dims: [n, ...this.input.dims.slice(1)] }, score)));
    }
    return all;
  }

  async #answers(batch: Tensor, score: Score): Promise<Float32Array[]> {
    const { model, signal, counter } = this.setting;
    counter.passes += batch.dims[0];
    const raw = await model.run(batch, { signal });
    const { data, dims } = score === "logit" ? model.logits(raw) : model.probabilities(raw);
    return Array.from({ length: dims[0] }, (_, n) => data.subarray(n * dims[1], (n + 1) * dims[1]));
  }

  #ofTarget(answers: readonly Float32Array[]): Float32Array {
    return Float32Array.from(answers, (row) => row[this.setting.target]);
  }

  /** The picture seen through a mask of 0…1: baseline + mask · (picture − baseline). */
  through(mask: ArrayLike<number>, kind: Baseline): Tensor {
    const base = this.baseline(kind);
    const data = this.input.data.map((value, i) => {
      const part = mask[this.pixelOf(i)];
      return part === 1 ? value : base.data[i] + part * (value - base.data[i]);
    });
    return { data, dims: this.input.dims };
  }
}

/** Evidence for the class: negative values of a signed map count as none. */
function evidence({ values, signed }: Pick<EvaluatedMap, "values" | "signed">): Float32Array {
  return signed ? values.map((value) => Math.max(0, value)) : values;
}

/** {@link evidence} stretched to 0…1; all 0 where it is constant. */
export function normalised(map: Pick<EvaluatedMap, "values" | "signed">): Float32Array {
  const values = evidence(map);
  const [low, high] = extent(values);
  return values.map((value) => (high > low ? (value - low) / (high - low) : 0));
}
