import { checkKeys } from "../core/checks.js";
import { runYielding } from "../core/cooperative.js";
import { throwIfAborted } from "../core/errors.js";
import { coordinatesOf } from "../core/logistic/coordinates.js";
import { fitValidated } from "../core/logistic/cross-validation.js";
import { checkOptions } from "../core/options.js";
import { longWork, type Progress, type Work } from "../core/work.js";
import { supportOf } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Classifier } from "../model/classifier.js";
import { featureRows } from "../model/features.js";
import { featuresOf, withNewHead } from "../model/new-head.js";
import type { Model, TrainedModel } from "../model/types.js";
import type { Penultimate } from "../onnx/linear-head.js";
import { examinationSteps, examineTrained } from "./examination.js";
import { type Examples, examplesOf, fingerprint, notesOn, prepareExample, type TrainingPictures } from "./examples.js";
import { chanceNote, heldOut } from "./scores.js";
import { Trained, type TrainedParts } from "./trained.js";

/** Options of {@link trainHead}. */
export interface TrainHeadOptions {
  /** Decides the folds of the cross-validation, and all that is drawn afterwards. Default 0. */
  seed?: number;
  /** Cancels the work, which then ends with `aborted`. */
  signal?: AbortSignal;
  /** Pictures seen and looked at so far. */
  onProgress?(progress: Progress): void;
}

/** What {@link trainHead} gives. */
export class TrainedHead extends Trained {
  /**
   * C of the logistic regression, chosen by cross-validation, for features whose mean squared length is 1: the larger, the
   * closer the pictures are followed.
   */
  readonly strength: number;

  /** @internal */
  constructor(parts: TrainedParts, strength: number) {
    super(parts);
    this.strength = strength;
  }
}

/** Pictures that go through the network at a time. */
const BATCH = 8;

/** What is behind the `trainHead` of index.ts. */
export async function trainHead(
  model: Model,
  pictures: TrainingPictures,
  options: TrainHeadOptions = {},
): Promise<TrainedHead> {
  checkClassifier(model);
  checkKeys(options, ["seed", "signal", "onProgress"], "trainHead");
  return longWork("training of a new head", options.signal, (work) => trainUnder(model, pictures, options, work));
}

async function trainUnder(
  model: Model,
  pictures: TrainingPictures,
  options: TrainHeadOptions,
  work: Work,
): Promise<TrainedHead> {
  const { seed = 0, onProgress } = options;
  checkOptions("trainHead", { seed: { whole: true } }, { seed });
  const features = featuresOf(model as Classifier);
  const examples = examplesOf(pictures, "trainHead");
  const total = examples.items.length + 1 + examinationSteps(examples);
  let done = 0;
  const step = (by = 1) => {
    done += by;
    work.progress({ done, total });
    onProgress?.({ done, total });
  };
  const seen = await featuresIn(model, features, examples, work.signal, step);
  const coordinates = coordinatesOf(seen.rows);
  const classes = Int32Array.from(examples.items, ({ index }) => index);
  const count = examples.labels.length;
  const rows = { data: coordinates.data, features: coordinates.width, classes, count };
  const { fit, strength, heldOut: answers } = await runYielding(fitValidated(rows, seed), work.signal);
  step();
  const measured = heldOut(
    count,
    Array.from(answers, (answer, i) => [classes[i], answer] as const),
  );
  const notes = [...notesOn(examples, seen.prints), ...alikeNote(coordinates.width), ...chanceNote(measured)];
  if (!fit.converged)
    notes.push("the search for the best weights ended early: the model is near the best one, not at it");

  const weights = new Float32Array(count * features.features);
  const bias = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const own = coordinates.toFeatures(fit.weights.subarray(k * rows.features, (k + 1) * rows.features));
    weights.set(own.weights, k * features.features);
    bias[k] = fit.bias[k] + own.bias;
  }
  const trained = await withNewHead(
    model as Classifier,
    features,
    {
      weights,
      bias,
      name: `${model.info.name} with a new head`,
      labels: examples.labels,
      notes: [...model.info.notes, ...notes],
    },
    supportOf,
  );
  return finished(trained, async () => {
    const shown = examples.labels.map((_, k) => firstRight(classes, answers, k));
    const examination = await examineTrained(trained, examples, { seed, signal: work.signal, shown, step });
    const all = [...notes, ...examination.notes];
    return new TrainedHead({ model: trained, examples, heldOut: measured, examination, seed, notes: all }, strength);
  });
}

/** Does what is left to do with a new model, and closes it where that fails. */
export async function finished<T>(model: TrainedModel, rest: () => Promise<T>): Promise<T> {
  try {
    return await rest();
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** The first picture of a class that was answered right, else its first one. */
export function firstRight(classes: Int32Array, answers: Int32Array, label: number): number {
  const right = classes.findIndex((truth, i) => truth === label && answers[i] === label);
  return right < 0 ? classes.indexOf(label) : right;
}

interface SeenPictures {
  /** Features of each picture. */
  readonly rows: readonly Float32Array[];
  readonly prints: readonly string[];
}

async function featuresIn(
  model: Model,
  features: Penultimate,
  { items }: Examples,
  signal: AbortSignal | undefined,
  step: (by: number) => void,
): Promise<SeenPictures> {
  const rows: Float32Array[] = [];
  const prints: string[] = [];
  for (let from = 0; from < items.length; from += BATCH) {
    throwIfAborted(signal);
    const batch = items.slice(from, from + BATCH);
    const inputs = [];
    for (const item of batch) {
      const prepared = await prepareExample(model, item, signal);
      prints.push(fingerprint(prepared));
      inputs.push(prepared.tensor);
    }
    const size = inputs[0].data.length;
    const data = new Float32Array(inputs.length * size);
    for (const [i, input] of inputs.entries()) data.set(input.data, i * size);
    const { activations } = await model.observe(
      { data, dims: [inputs.length, ...inputs[0].dims.slice(1)] },
      { layers: [features.tensor], signal },
    );
    const observed = activations.get(features.tensor);
    if (observed) rows.push(...featureRows(observed, features));
    step(inputs.length);
  }
  return { rows, prints };
}

const alikeNote = (width: number): string[] =>
  width > 0 ? [] : ["the network sees no difference between the pictures: there is nothing to learn from"];
