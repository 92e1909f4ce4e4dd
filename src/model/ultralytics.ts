import type { Graph } from "../onnx/graph.js";
import type { PreprocessPreset } from "./preprocess-presets.js";

const TASKS = ["classify", "detect", "segment", "pose", "obb"] as const;

/** What Ultralytics writes into the metadata of its files, beside the names of the classes. */
export interface UltralyticsFacts {
  readonly task: (typeof TASKS)[number];
  /** Height and width that it was exported for. */
  readonly size?: readonly [number, number];
  /** Numbers of each object's keypoints: how many there are times their coordinates. */
  readonly keypoints?: number;
}

/** Undefined where the file was not written by Ultralytics. */
export function ultralyticsFacts(graph: Graph): UltralyticsFacts | undefined {
  const metadata = new Map(graph.model.metadataProps.map(({ key, value }) => [key, value]));
  const task = TASKS.find((each) => each === metadata.get("task"));
  if (!task || !metadata.has("names")) return undefined;
  const pair = (key: string) => {
    const [, first, second] = /^[[(]\s*(\d{1,5})\s*,\s*(\d{1,5})\s*[\])]$/.exec(metadata.get(key)?.trim() ?? "") ?? [];
    return first === undefined ? undefined : ([Number(first), Number(second)] as const);
  };
  const keypoints = pair("kpt_shape");
  return { task, size: pair("imgsz"), keypoints: keypoints && keypoints[0] * keypoints[1] };
}

/** How Ultralytics prepares pictures for such a model. */
export function presetOf({ task }: UltralyticsFacts): PreprocessPreset {
  return task === "classify" ? "ultralytics-classify" : "ultralytics-detect";
}
