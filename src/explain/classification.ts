import { random } from "../core/random.js";
import { extent } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { Subject } from "../methods/method.js";
import { hasIndependentLabels, predictionOf, SEEN_FROM, seenLabels, topPredictions } from "../model/ranking.js";
import { regionNotes } from "../model/segmentation/region-note.js";
import type { Model, Observation } from "../model/types.js";
import type { Explanation } from "./explanation.js";
import type { CommonOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { explainedImage, type RunControl, runMethod } from "./run-method.js";
import { resolveTargets } from "./targets.js";

/** The first pass over a picture: everything that methods on it can share. */
export interface ObservedPicture extends Observation {
  readonly prepared: PreparedImage;
}

/** Prepares a picture and passes it through the model once. */
export async function observePicture(
  model: Model,
  image: ImageSource,
  layers: readonly string[],
  signal?: AbortSignal,
): Promise<ObservedPicture> {
  const prepared = await model.prepare(image, { signal });
  return { prepared, ...(await model.observe(prepared.tensor, { layers, signal })) };
}

/** How many of the most probable classes an explanation keeps. */
const KEPT_PREDICTIONS = 10;

/** Runs a planned method on a classifier's picture, which `observe` passes through the model. */
export function runPlan(
  model: Model,
  plan: Plan,
  options: CommonOptions,
  observe: (signal?: AbortSignal) => Promise<ObservedPicture>,
): Promise<Explanation> {
  return runMethod(model.info, plan, options, async (control) => {
    const observed = await observe(control.signal);
    const { data: probabilities } = model.probabilities(observed.scores);
    const targets = resolveTargets(model, options.targets, probabilities);
    return {
      subject: classifierSubject(model, observed, targets, control),
      image: await explainedImage(observed.prepared),
      predictions: topPredictions(model.labels, probabilities, KEPT_PREDICTIONS),
      targets: targets.map((index) => predictionOf(model.labels, probabilities, index)),
      viewConfig: model.viewConfig,
      notes: [
        ...regionNotes(model.info),
        ...probabilityNotes(probabilities),
        ...independentNotes(model, probabilities),
      ],
      passMilliseconds: observed.milliseconds,
    };
  });
}

/** Rounding takes sums of exponentials no further beyond 0 and 1. */
const SLACK = 1e-3;

function probabilityNotes(probabilities: Float32Array): string[] {
  const [low, high] = extent(probabilities);
  if (low >= -SLACK && high <= 1 + SLACK) return [];
  const shown = (value: number) => Number(value.toPrecision(3));
  return [
    `the model's probabilities go from ${shown(low)} to ${shown(high)}: they are scores of another kind; load the model with probabilities: "softmax" or "sigmoid"`,
  ];
}

const LISTED = 5;

/** Of independent labels, which are seen: the most probable one is not the only answer. */
function independentNotes({ info, labels }: Model, probabilities: Float32Array): string[] {
  if (!hasIndependentLabels(info)) return [];
  const seen = seenLabels(probabilities).length;
  const named = topPredictions(labels, probabilities, Math.min(seen, LISTED)).map(({ label }) => label);
  const more = seen > LISTED ? ", …" : "";
  const which = seen === 0 ? "" : `: ${named.join(", ")}${more}`;
  const verb = seen === 1 ? "is" : "are";
  return [
    `the labels are independent: ${seen} of ${labels.length} ${verb} at ${SEEN_FROM} or above${which}; the prediction is only the most probable one`,
  ];
}

/** A method's view of a classifier: every call counted and under the caller's signal. */
function classifierSubject(
  model: Model,
  { prepared, scores, activations }: ObservedPicture,
  targets: readonly number[],
  { signal, seed, counter, progress }: RunControl,
): Subject {
  return {
    prepared,
    input: prepared.tensor,
    geometry: model.info.input,
    info: model.info,
    classes: model.info.classes,
    targets,
    scores,
    random: random(seed),
    signal,
    progress,
    names: model.labels,
    classIndex: (target) => model.classIndex(target),
    probabilities: (raw) => model.probabilities(raw),
    logits: (raw) => model.logits(raw),
    pixels: () => model.pixels(prepared),
    fill: (colour) => model.fill(colour),
    batchSize: () => model.batchSize(),
    layers: () => model.layers(),
    async activation(layer) {
      const shared = activations.get(layer);
      if (shared) return shared;
      counter.forward += 1;
      const observed = await model.observe(prepared.tensor, { layers: [layer], signal });
      return observed.activations.get(layer) as Tensor;
    },
    run(batch) {
      counter.forward += batch.dims[0];
      return model.run(batch, { signal });
    },
    observe(batch, layers) {
      counter.forward += batch.dims[0];
      return model.observe(batch, { layers, signal });
    },
    masked(batch) {
      if (batch.layer === undefined) counter.forward += batch.count;
      return model.masked(batch, { signal });
    },
    gradient(batch, request) {
      counter.forward += batch.dims[0];
      counter.backward += batch.dims[0];
      return model.gradient(batch, { ...request, signal });
    },
  };
}
