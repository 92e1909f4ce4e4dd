import { files } from "#platform/files";
import { checkKeys } from "../core/checks.js";
import { didYouMean, SightlineError } from "../core/errors.js";
import { optionNames } from "../core/options.js";
import { oneCellMasks } from "../methods/cam/recipro-cam.js";
import { chooseLayer } from "../methods/target-layer.js";
import { Classifier } from "../model/classifier.js";
import { anchorsOf } from "../model/detection/class-layers.js";
import { Detector } from "../model/detection/detector.js";
import type { DetectorOptions } from "../model/detection/load-detector.js";
import type { DetectionModel } from "../model/detection/types.js";
import type { LoadOptions } from "../model/load.js";
import type { Network } from "../model/network.js";
import type { ModelSource } from "../model/source.js";
import type { LayerInfo, Model } from "../model/types.js";
import { DataType } from "../onnx/constant.js";
import { type BranchLayer, insertSaliencyBranch, type SaliencyBranch } from "../onnx/saliency-branch.js";
import { headOf } from "../onnx/surface.js";

/** Options of {@link insertXai}. */
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

const METHODS = [
  "recipro-cam",
  "vit-recipro-cam",
  "activation-map",
  "det-class-probability-map",
] as const satisfies readonly InsertXaiOptions["method"][];

const OPTIONS = optionNames<InsertXaiOptions>({
  method: true,
  targetLayer: true,
  embedScaling: true,
  gaussian: true,
  output: true,
});

/** What `insertXai` does, loaded on first use. */
export async function insertBranch(
  model: Model | DetectionModel | ModelSource,
  options: InsertXaiOptions,
  load: LoadOptions | DetectorOptions = {},
): Promise<Uint8Array> {
  checkKeys(options, OPTIONS, "insertXai");
  if (model instanceof Classifier || model instanceof Detector) return insertInto(model, options);
  if (typeof model !== "string" && !(model instanceof URL)) {
    throw new SightlineError("not-supported", "there is no graph behind this model", {
      expected: "what loadModel gives, or a path",
    });
  }
  const { loadModel } = await import("../model/load.js");
  const { loadDetector } = await import("../model/detection/load-detector.js");
  const isDetector = (given: LoadOptions | DetectorOptions): given is DetectorOptions => "task" in given;
  await using loaded = isDetector(load) ? await loadDetector(model, load) : await loadModel(model, load);
  return await insertInto(loaded, options);
}

async function insertInto(model: Classifier | Detector, options: InsertXaiOptions): Promise<Uint8Array> {
  const { embedScaling = true, output } = options;
  const { graph } = model.network;
  const branch = branchOf(model, options);
  const classes = model.info.classes;
  const bytes = insertSaliencyBranch(graph, branch, { classes, embedScaling }).serialize();
  if (output !== undefined) await files.writeFileAtomic(output, bytes);
  return bytes;
}

function branchOf(model: Classifier | Detector, options: InsertXaiOptions): SaliencyBranch {
  const { method, targetLayer, gaussian } = options;
  if (!METHODS.includes(method)) {
    throw new SightlineError("unknown-method", `insertXai does not know '${method}'`, {
      received: method,
      expected: METHODS.join(", "),
      next: didYouMean(method, METHODS),
    });
  }
  if (method === "det-class-probability-map") return classMaps(model, targetLayer);
  if (Array.isArray(targetLayer)) {
    throw new SightlineError("bad-config", `${method} looks at one layer`, {
      received: targetLayer,
      expected: "one name",
    });
  }
  const name = targetLayer as string | undefined;
  const layers = model.layers();
  const tokens = layers.filter(({ kind }) => kind === "tokens");
  const layer = chooseLayer(method === "vit-recipro-cam" && name === undefined ? tokens : layers, name);
  const cut = branchLayer(model.network, layer);
  if (method === "activation-map") return { kind: "mean", layer: cut };
  const { graph, shapes, outputs, batch } = model.network;
  const shape = shapes.get(layer.name);
  if (batch !== undefined || !shape || model instanceof Detector) {
    throw new SightlineError(
      "not-supported",
      `${method} needs a classifier whose head takes several images at a time`,
      {
        next: "export the model with a free batch size, or use activation-map",
      },
    );
  }
  const masks = oneCellMasks(layer.geometry, gaussian ?? method === "vit-recipro-cam");
  return { kind: "cells", layer: cut, masks, head: headOf(graph, layer.name, shape, outputs[0]) };
}

function branchLayer({ shapes }: Network, { name, shape, geometry }: LayerInfo): BranchLayer {
  return { name, type: shapes.get(name)?.type ?? DataType.FLOAT, dims: shape, geometry };
}

function classMaps(model: Classifier | Detector, targetLayer: InsertXaiOptions["targetLayer"]): SaliencyBranch {
  if (!(model instanceof Detector)) {
    throw new SightlineError("not-supported", "det-class-probability-map explains the boxes of detectors", {
      received: `the classifier ${model.info.name}`,
      next: "use recipro-cam",
    });
  }
  const names = targetLayer === undefined ? model.classLayers().map(({ name }) => name) : [targetLayer].flat();
  if (names.length === 0) {
    throw new SightlineError("no-feature-layer", "no layers with class scores were recognised in the graph", {
      next: "name them with targetLayer",
    });
  }
  const layers = names.map((name) => {
    const dims = model.network.shapes.get(name)?.dims;
    const parts = dims?.length === 4 ? anchorsOf(dims[1], model.info.classes) : undefined;
    if (dims && parts) return { name, dims, ...parts };
    throw new SightlineError(dims ? "shape-mismatch" : "unknown-layer", `'${name}' is no layer of class scores`, {
      received: dims ?? name,
      expected: `[1, anchors × ${model.info.classes} classes, rows, columns]`,
    });
  });
  return { kind: "class-maps", layers };
}
