import type { DetectionModel } from "./types.js";

export const isDetector = (model: { readonly info: { readonly task?: string } }): model is DetectionModel =>
  model.info.task === "detection";
