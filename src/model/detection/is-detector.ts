import type { Model } from "../types.js";
import type { DetectionModel } from "./types.js";

export const isDetector = (model: Model | DetectionModel): model is DetectionModel => model.info.task === "detection";
