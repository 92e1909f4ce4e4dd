import { supportOf } from "./methods/registry.js";
import { type LoadOptions, loadModel as load } from "./model/load.js";
import type { ModelSource } from "./model/source.js";
import type { Model } from "./model/types.js";

/**
 * Loads an image classifier: a catalog name, a path (.onnx, .xml), or a file: or https: URL.
 * @example
 * await using model = await loadModel("model.onnx", { labels: ["cat", "dog"] });
 * @throws SightlineError `unknown-model`, `file-not-found`, `bad-model`, `not-a-classifier`, `unsupported-operator`,
 *   `bad-labels`, `checksum-mismatch`, `download-failed`, …
 */
export function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  return load(source, options, supportOf);
}
