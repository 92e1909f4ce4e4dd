import { SightlineError } from "./core/errors.js";
import { supportOf } from "./methods/registry.js";
import type { DetectorOptions } from "./model/detection/load-detector.js";
import type { DetectionModel } from "./model/detection/types.js";
import type { LoadOptions } from "./model/load.js";
import type { SegmenterOptions } from "./model/segmentation/load-segmenter.js";
import type { SegmentationModel } from "./model/segmentation/types.js";
import type { ModelSource } from "./model/source.js";
import type { Model, ZeroShotModel } from "./model/types.js";
import type { ImageTextOptions, ImageTextPair } from "./model/zero-shot/types.js";
import { presentPredictions } from "./render/predictions-html.js";

type AnyOptions = LoadOptions | DetectorOptions | SegmenterOptions | ImageTextOptions;

const isFor = <Task extends "detection" | "segmentation">(
  options: AnyOptions,
  task: Task,
): options is Extract<AnyOptions, { task: Task }> => "task" in options && options.task === task;

/**
 * Loads an image classifier, or with `task: "detection"` an object detector, with `task: "segmentation"` a segmentation
 * model: a catalog name, a path (.onnx, .xml), or a file: or https: URL. Of a pair of image and text encoder it makes a
 * classifier whose classes are words.
 * @example
 * await using model = await loadModel("model.onnx", { labels: "labels.txt" });
 * const [{ label, probability }] = await model.predict("cat.png", { top: 1 });
 * @example
 * await using clip = await loadModel({
 *   image: "vision_model.onnx", text: "text_model.onnx", tokenizer: "tokenizer.json",
 *   prompts: ["a photo of a {}"], labels: ["cat", "dog"],
 * });
 * @throws SightlineError `unknown-model`, `file-not-found`, `bad-model`, `not-a-classifier`, `unsupported-operator`,
 *   `bad-labels`, `checksum-mismatch`, `download-failed`, …
 */
export function loadModel(source: ModelSource, options: DetectorOptions): Promise<DetectionModel>;
export function loadModel(source: ModelSource, options: SegmenterOptions): Promise<SegmentationModel>;
export function loadModel(source: ModelSource, options?: LoadOptions): Promise<Model>;
export function loadModel(pair: ImageTextPair, options?: ImageTextOptions): Promise<ZeroShotModel>;
export async function loadModel(
  source: ModelSource | ImageTextPair,
  options: AnyOptions = {},
): Promise<Model | DetectionModel | SegmentationModel> {
  // imported on first use: the graph schema and the runtime would double the time that importing the package takes
  if (typeof options !== "object" || options === null) {
    throw new SightlineError(
      "bad-config",
      `the options of loadModel are ${options === null ? "null" : typeof options}`,
      {
        received: options,
        expected: "an object, such as { labels: 'labels.txt' }",
      },
    );
  }
  if (isFor(options, "detection")) {
    const { loadDetector } = await import("./model/detection/load-detector.js");
    return loadDetector(source as ModelSource, options, { support: supportOf });
  }
  if (isFor(options, "segmentation")) {
    const { loadSegmenter } = await import("./model/segmentation/load-segmenter.js");
    return loadSegmenter(source as ModelSource, options, { support: supportOf });
  }
  if ("task" in options) {
    const { task } = options as { task: unknown };
    throw new SightlineError("bad-config", `unknown task '${task}'`, {
      received: task,
      expected: "'detection' or 'segmentation', or none for a classifier",
    });
  }
  if (isPair(source)) {
    const { loadPair } = await import("./model/zero-shot/load-pair.js");
    return loadPair(source, options, { support: supportOf, present: presentPredictions });
  }
  const { loadModel: load } = await import("./model/load.js");
  return load(source, options, { support: supportOf, present: presentPredictions });
}

/** Whatever names an image encoder or a tokenizer is meant as a pair; lists, promises and bytes are not. */
function isPair(source: ModelSource | ImageTextPair): source is ImageTextPair {
  return typeof source === "object" && source !== null && ("image" in source || "tokenizer" in source);
}
