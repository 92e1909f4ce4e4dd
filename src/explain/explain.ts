import { checkObject } from "../core/checks.js";
import type { ImageSource } from "../image/types.js";
import type { MethodName } from "../methods/registry.js";
import { checkModel } from "../model/check-model.js";
import { isDetector } from "../model/detection/is-detector.js";
import type { DetectionModel } from "../model/detection/types.js";
import { isSegmenter } from "../model/segmentation/is-segmenter.js";
import type { SegmentationModel } from "../model/segmentation/types.js";
import type { Model } from "../model/types.js";
import { observePicture, runPlan } from "./classification.js";
import { type Explanations, explainList } from "./explain-list.js";
import type { Explanation } from "./explanation.js";
import type { CommonOptions, DetectionOptions, ExplainOptions, SegmentationOptions } from "./options.js";
import { planOf } from "./plan.js";

/**
 * Explains why a model gives a picture a class.
 * @returns raw maps with their provenance; of a list one explanation for each picture, those that could not be explained
 *   left out and named in its `failures`
 * @example
 * const explanation = await explain(model, "cat.png", { method: "rise", preset: "speed", targets: "top:2", seed: 0 });
 * const { data, width, height } = explanation.map();          // raw values, never stretched
 * explanation.provenance.forwardPasses;
 * @throws SightlineError `unknown-method`, `unknown-option`, `unknown-label`, `unknown-layer`, `not-supported`,
 *   `bad-image`, `aborted`, …
 */
export function explain<Name extends MethodName | "auto" = "auto">(
  model: Model,
  image: ImageSource,
  options?: ExplainOptions<Name>,
): Promise<Explanation>;
export function explain<Name extends MethodName | "auto" = "auto">(
  model: Model,
  images: readonly ImageSource[],
  options?: ExplainOptions<Name>,
): Promise<Explanations>;
export function explain(model: DetectionModel, image: ImageSource, options?: DetectionOptions): Promise<Explanation>;
export function explain<Name extends MethodName | "auto" = "auto">(
  model: SegmentationModel,
  image: ImageSource,
  options?: SegmentationOptions<Name>,
): Promise<Explanation>;
export async function explain(
  model: Model | DetectionModel | SegmentationModel,
  image: ImageSource | readonly ImageSource[],
  options: object = {},
): Promise<Explanation | Explanations> {
  checkModel(model);
  checkObject(options, "the options of explain");
  if (!Array.isArray(image)) return explainOne(model, image as ImageSource, options);
  return explainList(image, (source) => explainOne(model, source, options));
}

async function explainOne(
  model: Model | DetectionModel | SegmentationModel,
  image: ImageSource,
  options: CommonOptions & { method?: string },
): Promise<Explanation> {
  if (isSegmenter(model)) {
    const { explainSegmentation } = await import("./segmentation.js");
    return explainSegmentation(model, image, options as SegmentationOptions);
  }
  if (isDetector(model)) {
    const { explainDetection } = await import("./detection.js");
    return explainDetection(model, image, options as DetectionOptions);
  }
  const plan = planOf(model, options);
  return runPlan(model, plan, options, (signal) => observePicture(model, image, plan.observed, signal));
}
