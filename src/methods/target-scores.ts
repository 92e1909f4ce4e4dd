import type { Tensor } from "../core/tensor.js";
import type { Subject } from "./method.js";

/** Probabilities of a run's targets, gathered batch by batch in the order of the samples. */
export class TargetScores {
  /** Per target, one value per sample. */
  readonly values: readonly number[][];

  constructor(private readonly subject: Pick<Subject, "targets" | "probabilities">) {
    this.values = subject.targets.map(() => []);
  }

  /** How many samples are in. */
  get count(): number {
    return this.values[0].length;
  }

  /** @param scores raw scores, [count, classes] */
  take(scores: Tensor): void {
    const { data, dims } = this.subject.probabilities(scores);
    const [count, classes] = dims;
    this.subject.targets.forEach((target, t) => {
      for (let n = 0; n < count; n++) this.values[t].push(data[n * classes + target]);
    });
  }
}
