import type { MaskStep } from "../../../core/method-step.js";
import type { RawMap } from "../../../core/raw-map.js";
import type { Tensor } from "../../../core/tensor.js";
import type { MaskedBatch } from "../../../model/types.js";
import type { Subject } from "../../method.js";
import type { Sampler } from "../../sampling.js";
import { TargetScores } from "../../target-scores.js";
import type { RiseDesign } from "./rise-design.js";

/** RISE as published: masks go to the model as products of rows and columns, and are never made here. */
export class BilinearRiseSampler implements Sampler {
  readonly halves = true;
  readonly #scores: TargetScores;

  constructor(
    private readonly design: RiseDesign,
    subject: Pick<Subject, "targets" | "probabilities">,
    private readonly centre: boolean,
    private readonly tensors: Pick<MaskedBatch, "base" | "delta">,
  ) {
    this.#scores = new TargetScores(subject);
  }

  batch(from: number, count: number): MaskedBatch {
    return { ...this.tensors, count, masks: this.design.separable(from, count) };
  }

  take(scores: Tensor): void {
    this.#scores.take(scores);
  }

  step(scores: Tensor, from: number): MaskStep {
    return { method: "rise", from, masks: this.design.stretched(from, scores.dims[0]), scores };
  }

  *maps(half?: 0 | 1): Iterable<RawMap | undefined> {
    const { width, height, probability } = this.design;
    const step = half === undefined ? 1 : 2;
    const start = half ?? 0;
    for (const scores of this.#scores.values) {
      let count = 0;
      let sum = 0;
      for (let n = start; n < scores.length; n += step, count++) sum += scores[n];
      const mean = this.centre && count > 0 ? sum / count : 0;
      const scale = 1 / (Math.max(1, count) * probability);
      const weights = Float64Array.from(scores, (score) => (score - mean) * scale);
      yield { data: yield* this.design.accumulating(weights, start, step), width, height };
    }
  }
}
