import { SightlineError } from "../core/errors.js";
import { type Random, random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { PreparedImage } from "../image/types.js";
import type { Model } from "../model/types.js";
import { type Baseline, baselineOf } from "../perturb/baseline.js";

/** What is explained: a probability, or a logit. */
export type Score = "probability" | "logit";

/** What all maps of one picture and class share. */
export interface TrialSetting {
  readonly model: Model;
  readonly prepared: PreparedImage;
  /** Class index. */
  readonly target: number;
  /** [height · width] of 0 and 1 at the model's input. */
  readonly region?: Uint8Array;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Counts forward passes; shared by all trials. */
  readonly counter: { passes: number };
  /** Results that do not depend on the map, by name. */
  readonly cache: Map<string, Promise<unknown>>;
}

/** One map of it. */
export interface TrialMap {
  /** Values at the model's input, [height · width], finite. */
  readonly values: Float32Array;
  /** The map as the method gave it, before it was resized. */
  readonly native: Float32Array;
  readonly signed: boolean;
  /** The seed that it was made with. */
  readonly seed: number;
  /** What the method explained. */
  readonly score: Score;
  /** The method again; undefined for a null, which does not look at pictures. */
  readonly rerun?: Rerun;
  readonly provenance?: {
    readonly forwardPasses: number;
    readonly backwardPasses: number;
    readonly milliseconds: number;
  };
  /** The baseline that the method itself used, by name. */
  readonly baseline?: unknown;
}

/** Runs the method of the trial again; resolves to values at the model's input. */
export type Rerun = (change: { input?: Tensor; seed?: number; model?: Model }) => Promise<Float32Array>;

/** One map under test, with the model behind counted functions. */
export class Trial {
  readonly width: number;
  readonly height: number;

  constructor(
    readonly setting: TrialSetting,
    readonly map: TrialMap,
  ) {
    const { width, height } = setting.model.info.input;
    this.width = width;
    this.height = height;
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
  with(map: Partial<TrialMap>): Trial {
    return new Trial(this.setting, { ...this.map, ...map });
  }

  /** A stream of random numbers of this evaluation, the same for every map. */
  random(stream: number): Random {
    return random(this.setting.seed).fork(stream);
  }

  /** Computes once for all maps. */
  once<T>(name: string, compute: () => Promise<T>): Promise<T> {
    const { cache } = this.setting;
    const found = cache.get(name) ?? compute();
    cache.set(name, found);
    return found as Promise<T>;
  }

  baseline(kind: Baseline): Tensor {
    return baselineOf(this.setting.model, this.input, kind);
  }

  /** The target's score of each picture of a batch. */
  async scores(batch: Tensor, score: Score = "probability"): Promise<Float32Array> {
    const { model, target, signal, counter } = this.setting;
    counter.passes += batch.dims[0];
    const raw = await model.run(batch, { signal });
    const { data, dims } = score === "logit" ? model.logits(raw) : model.probabilities(raw);
    return Float32Array.from({ length: dims[0] }, (_, n) => data[n * dims[1] + target]);
  }

  /** The target's score of the picture itself, asked for once. */
  score(kind: Score = "probability"): Promise<number> {
    return this.once(`score ${kind}`, async () => (await this.scores(this.input, kind))[0]);
  }

  /** Scores of many pictures, made one by one and passed in batches. */
  async stream(count: number, picture: (n: number, out: Float32Array) => void, score?: Score): Promise<Float32Array> {
    const batch = Math.max(1, await this.setting.model.batchSize());
    const size = this.input.data.length;
    const all = new Float32Array(count);
    for (let start = 0; start < count; start += batch) {
      const n = Math.min(batch, count - start);
      const data = new Float32Array(n * size);
      for (let i = 0; i < n; i++) picture(start + i, data.subarray(i * size, (i + 1) * size));
      all.set(await this.scores({ data, dims: [n, ...this.input.dims.slice(1)] }, score), start);
    }
    return all;
  }

  /** The pixel of each element of the input. */
  pixelOf(element: number): number {
    const { layout, channels } = this.setting.model.info.input;
    return layout === "nchw" ? element % (this.width * this.height) : Math.floor(element / channels);
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
function evidence({ values, signed }: Pick<TrialMap, "values" | "signed">): Float32Array {
  return signed ? values.map((value) => Math.max(0, value)) : values;
}

/** {@link evidence} stretched to 0…1; all 0 where it is constant. */
export function normalised(map: Pick<TrialMap, "values" | "signed">): Float32Array {
  const values = evidence(map);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.map((value) => (high > low ? (value - low) / (high - low) : 0));
}
