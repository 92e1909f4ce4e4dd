import { isSightlineError } from "../../core/errors.js";
import { loadModel } from "../../load-model.js";
import type { DetectionModel } from "../../model/detection/types.js";
import type { LoadOptions } from "../../model/load.js";
import type { SegmentationModel } from "../../model/segmentation/types.js";
import type { Model } from "../../model/types.js";
import type { Settings } from "./messages.js";

/** What a visitor says of a model, labels as {@link loadModel} takes them. */
export type OpenOptions = Omit<Settings, "labels"> & Pick<LoadOptions, "labels" | "signal">;

/** An output of boxes, as detectors that suppress by themselves call it. */
const BOXES = { name: /box|det/i, columns: [4, 5] };

/** What the playground can look at. */
export type OpenedModel = Model | DetectionModel | SegmentationModel;

/**
 * Loads a model as what the visitor says that it is. Where nothing is said, a model without one score a class is tried as
 * a detector, then as a segmentation model, and one with an output of boxes beside its scores as a detector.
 */
export async function openModel(
  source: string,
  { task, output, activation, postprocess, confidence, ...shared }: OpenOptions,
): Promise<OpenedModel> {
  const asDetector = () => loadModel(source, { ...shared, task: "detection", postprocess, confidence });
  const asSegmenter = () => loadModel(source, { ...shared, task: "segmentation", output, activation });
  const asClassifier = () => loadModel(source, { ...shared, output, activation });
  if (task) return { classification: asClassifier, detection: asDetector, segmentation: asSegmenter }[task]();
  let classifier: Model;
  try {
    classifier = await asClassifier();
  } catch (error) {
    if (output !== undefined || !isSightlineError(error, "not-a-classifier")) throw error;
    return (await unlessNoneFits(asDetector)) ?? (await unlessNoneFits(asSegmenter)) ?? Promise.reject(error);
  }
  if (output !== undefined || !hasBoxes(classifier)) return classifier;
  const detector = await unlessNoneFits(asDetector);
  if (!detector) return classifier;
  await classifier.close();
  return detector;
}

const hasBoxes = ({ info }: Model) =>
  info.outputs.some(
    ({ name, dims }) => dims.length > 1 && BOXES.name.test(name) && BOXES.columns.includes(dims.at(-1) ?? 0),
  );

/** Undefined where no decoder of boxes fits the model, or no output has scores in rows and columns. */
async function unlessNoneFits<M>(open: () => Promise<M>): Promise<M | undefined> {
  try {
    return await open();
  } catch (error) {
    if (isSightlineError(error, "not-supported")) return undefined;
    throw error;
  }
}
