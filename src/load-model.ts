import { SightlineError } from "./core/errors.js";
import { supportOf } from "./methods/registry.js";
import type { DetectorOptions } from "./model/detection/load-detector.js";
import type { DetectionModel } from "./model/detection/types.js";
import type { LoadOptions } from "./model/load.js";
import type { ModelSource } from "./model/source.js";
import type { Model } from "./model/types.js";
import { presentPredictions } from "./render/predictions-html.js";

/**
 * Loads an image classifier, or with `task: "detection"` an object detector: a catalog name, a path (.onnx, .xml), or a
 * file: or https: URL.
 * @example
 * await using model = await loadModel("model.onnx", { labels: "labels.txt" });
 * const [{ label, probability }] = await model.predict("cat.png", { top: 1 });
 * @throws SightlineError `unknown-model`, `file-not-found`, `bad-model`, `not-a-classifier`, `unsupported-operator`,
 *   `bad-labels`, `checksum-mismatch`, `download-failed`, …
 */
export function loadModel(source: ModelSource, options: DetectorOptions): Promise<DetectionModel>;
export function loadModel(source: ModelSource, options?: LoadOptions): Promise<Model>;
export async function loadModel(
  source: ModelSource,
  options: LoadOptions | DetectorOptions = {},
): Promise<Model | DetectionModel> {
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
  if ("task" in options) {
    const { loadDetector } = await import("./model/detection/load-detector.js");
    return loadDetector(source, options, { support: supportOf });
  }
  const { loadModel: load } = await import("./model/load.js");
  return load(source, options, { support: supportOf, present: presentPredictions });
}
