import type { DetectorOptions } from "../model/detection/load-detector.js";
import type { DetectionModel } from "../model/detection/types.js";
import type { LoadOptions } from "../model/load.js";
import type { ModelSource } from "../model/source.js";
import type { Model } from "../model/types.js";
import type { InsertXaiOptions } from "./insert-branch.js";

export type { InsertXaiOptions };

/**
 * An ONNX model with one more output, `saliency_map` [n, classes, rows, columns], that any runtime serves with one
 * inference: no explaining at run time. A path or name is loaded first, `load` saying how.
 * @returns the model's bytes
 * @example
 * const bytes = await insertXai("model.onnx", { method: "recipro-cam", output: "model-xai.onnx" });
 * await using explaining = await loadModel("model-xai.onnx", { labels: "labels.txt" });
 * await explain(explaining, "cat.png", { method: "embedded" });
 * @throws SightlineError `unknown-layer`, `no-feature-layer`, `not-supported`, and what loading a model throws
 */
export async function insertXai(
  model: Model | DetectionModel | ModelSource,
  options: InsertXaiOptions,
  load: LoadOptions | DetectorOptions = {},
): Promise<Uint8Array> {
  const { insertBranch } = await import("./insert-branch.js");
  return insertBranch(model, options, load);
}
