import type { SegmentationModel } from "./types.js";

export const isSegmenter = (model: { readonly info: { readonly task?: string } }): model is SegmentationModel =>
  model.info.task === "segmentation";
