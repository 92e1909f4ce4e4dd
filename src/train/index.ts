import type { Model } from "../model/types.js";
import type { TrainingPictures } from "./examples.js";
import type { TrainedHead, TrainHeadOptions } from "./head.js";
import type { NetworkName, NetworkShape } from "./network/shape.js";
import type { TrainedNetwork, TrainOptions } from "./network/train.js";

export type { ClassLook } from "./examination.js";
export type { LabelledPicture, TrainingPictures } from "./examples.js";
export type { TrainedHead, TrainHeadOptions } from "./head.js";
export type { Checkpoint, StepRecord } from "./network/checkpoint.js";
export type { Moments } from "./network/optimiser.js";
export type { Weights } from "./network/parameters.js";
export type { NetworkName, NetworkShape, Stage } from "./network/shape.js";
export type { TrainedNetwork, TrainOptions, TrainProgress } from "./network/train.js";
export type { HeldOut } from "./scores.js";
export type { Trained } from "./trained.js";

// What training works with is loaded when there is something to train.

/**
 * Teaches a model new classes: its network stays as it is, and its last linear layer is replaced by one that is fitted to
 * the pictures (logistic regression, every class with the same weight, its strength chosen by cross-validation). The
 * result is a model like any other. It comes with its accuracy on held-out pictures, and with what it looks at: a map and
 * the test of its claim for each class, and the search for a shortcut among its own training pictures.
 * @param pictures at least two classes of at least two pictures each; from about ten a class on it is worth measuring
 * @example
 * const boats = classroom.pictures({ count: 12, labels: ["boat"], watermark: true });
 * const cups = classroom.pictures({ count: 12, labels: ["cup"] });
 * const pictures = { boat: boats.map(({ image }) => image), cup: cups.map(({ image }) => image) };
 * await using mine = await trainHead(model, pictures, { seed: 0 });
 * console.log(mine.labels);                                   // [ 'boat', 'cup' ]
 * mine.accuracy; mine.interval; mine.findings;
 * await mine.model.save("mine.onnx");
 * @throws SightlineError `bad-config` for fewer pictures, `no-feature-layer` and `not-supported` for models without a last
 *   linear layer, `bad-image`, `aborted`, …
 */
export async function trainHead(
  model: Model,
  pictures: TrainingPictures,
  options: TrainHeadOptions = {},
): Promise<TrainedHead> {
  return (await import("./head.js")).trainHead(model, pictures, options);
}

/**
 * Trains a small network from scratch, in the runtime: the forward pass and its backward half with respect to the weights
 * are one graph, AdamW on one cycle of the learning rate does the steps. The same seed gives the same weights, bit for
 * bit, on one machine. The result comes with what {@link trainHead} says of its own.
 * @param network "classroom-64" or "classroom-32", or stages of one's own
 * @param pictures at least two classes; some hundred pictures of each to learn from scratch
 * @example
 * const pictures = classroom.pictures({ count: 60, labels: ["star", "cup"], watermark: 0.1 });
 * await using run = await train("classroom-32", pictures, { epochs: 2, seed: 0 });
 * run.accuracy; run.interval; run.history.length;
 * await run.model.predict(pictures[0].image);
 * @throws SightlineError `bad-config`, `bad-image`, `aborted`, …
 */
export async function train(
  network: NetworkName | NetworkShape,
  pictures: TrainingPictures,
  options: TrainOptions = {},
): Promise<TrainedNetwork> {
  return (await import("./network/train.js")).train(network, pictures, options);
}
