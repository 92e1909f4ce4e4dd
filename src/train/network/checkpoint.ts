import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import type { Moments } from "./optimiser.js";
import type { Weights } from "./parameters.js";

/** Loss and accuracy of a batch. */
export interface StepRecord {
  /** Mean cross-entropy, natural logarithms. */
  readonly loss: number;
  /** Share of the batch that was answered right, 0…1. */
  readonly accuracy: number;
}

/** Where a training stood: everything that it needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Steps that were done. */
  readonly step: number;
  readonly history: readonly StepRecord[];
  readonly weights: Weights;
  /** Means and variances for normalisation, over the batches so far. */
  readonly statistics: Weights;
  readonly moments: Moments;
  /** What must be the same for it to go on: network, pictures, options. */
  readonly of: string;
}

const copied = (weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, values.slice()]));

/** A copy that later steps do not touch. */
export function copyCheckpoint({ step, history, weights, statistics, moments, of }: Checkpoint): Checkpoint {
  return {
    step,
    history: [...history],
    weights: copied(weights),
    statistics: copied(statistics),
    moments: { first: copied(moments.first), second: copied(moments.second) },
    of,
  };
}

/**
 * @param of what this training is of
 * @throws SightlineError `bad-config` for a checkpoint of another training, or something else
 */
export function checkCheckpoint(checkpoint: Checkpoint, of: string): void {
  if (typeof checkpoint !== "object" || checkpoint === null || !("moments" in checkpoint)) {
    throw new SightlineError("bad-config", `not a checkpoint: ${kindOf(checkpoint)}`, {
      received: checkpoint,
      expected: "what progress.checkpoint() gave",
    });
  }
  if (checkpoint.of === of) return;
  throw new SightlineError("bad-config", "the checkpoint is of another training", {
    expected: "the same network, pictures, epochs, batch, rate, held-out share and seed",
    next: "train anew without a checkpoint",
  });
}
