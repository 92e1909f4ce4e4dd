/** Presets of preprocessing by name. */
export const PREPROCESS_PRESETS = [
  "torchvision",
  "timm",
  "clip",
  "keras-caffe",
  "keras-tf",
  "keras-torch",
  "ultralytics-classify",
  "ultralytics-detect",
  "yolox",
] as const;

/** The name of a tool, and of its model where it has several: how it prepares pictures unless it is told otherwise. */
export type PreprocessPreset = (typeof PREPROCESS_PRESETS)[number];
