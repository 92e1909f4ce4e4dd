import type { DetectorOptions } from "../model/detection/load-detector.js";
import type { DetectionModel } from "../model/detection/types.js";
import type { LoadOptions } from "../model/load.js";
import type { ModelSource } from "../model/source.js";
import type { Model } from "../model/types.js";

export interface InsertXaiOptions {
  /** How the maps are made; each as the method of that name makes them. */
  method: "recipro-cam" | "vit-recipro-cam" | "activation-map" | "det-class-probability-map";
  /** Name of an inner tensor, or of several for det-class-probability-map; the method's own choice when absent. */
  targetLayer?: string | readonly string[];
  /** Scale each map to 0…255 (uint8); false gives raw float32 values. Default true. */
  embedScaling?: boolean;
  /** Spread each kept cell over its neighbours; the method's own default when absent. */
  gaussian?: boolean;
  /** Where to write the model. */
  output?: string;
}

/**
 * An ONNX model with one more output, `saliency_map` [n, classes, rows, columns], that any runtime serves with one
 * inference: no explaining at run time. A path or name is loaded first, `load` saying how.
 * @returns the model's bytes
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
