import { didYouMean, SightlineError } from "../core/errors.js";
import { IMAGENET_PREPROCESS, type PreprocessData } from "./preprocess.js";
import type { PreprocessPreset } from "./preprocess-names.js";
import type { InputGeometry } from "./types.js";

export type { PreprocessPreset };

type Sides = Pick<InputGeometry, "height" | "width">;

/** The part of the scaled picture that is kept, along each side, as ImageNet's models are evaluated. */
const CROP = 0.875;

const PRESETS: Record<PreprocessPreset, (input: Sides) => PreprocessData> = {
  torchvision: ({ height, width }) => ({
    ...IMAGENET_PREPROCESS,
    resize: `shortest-${Math.floor(Math.max(height, width) / CROP)}`,
    crop: "center",
  }),
  timm: ({ height, width }) => ({
    ...IMAGENET_PREPROCESS,
    resize:
      height === width
        ? `shortest-${Math.floor(height / CROP)}`
        : { cover: [Math.floor(height / CROP), Math.floor(width / CROP)] },
    crop: "center",
    interpolation: "bicubic",
  }),
  clip: ({ height, width }) => ({
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    resize: `shortest-${Math.max(height, width)}`,
    crop: "center",
    interpolation: "bicubic",
  }),
  "keras-caffe": () => ({
    interpolation: "linear",
    channels: "bgr",
    scale: 1,
    mean: [103.939, 116.779, 123.68],
  }),
  "keras-tf": () => ({ interpolation: "linear", scale: 1 / 127.5, mean: 1 }),
  "keras-torch": () => ({ ...IMAGENET_PREPROCESS, interpolation: "linear" }),
  "ultralytics-classify": ({ height, width }) => ({
    resize: `shortest-${Math.max(height, width)}`,
    crop: "center",
  }),
  "ultralytics-detect": () => ({ resize: "letterbox", interpolation: "opencv-linear", padding: 114 }),
  yolox: () => ({
    resize: "letterbox",
    interpolation: "opencv-linear",
    padding: 114,
    align: "top-left",
    channels: "bgr",
    scale: 1,
  }),
};

export const PREPROCESS_PRESETS = Object.keys(PRESETS) as PreprocessPreset[];

/** @throws SightlineError `bad-config` for a name that no preset has */
export function checkPreset(name: string): PreprocessPreset {
  const preset = PREPROCESS_PRESETS.find((each) => each === name);
  if (preset) return preset;
  throw new SightlineError("bad-config", `unknown preprocess preset '${name}'`, {
    received: name,
    expected: `one of ${PREPROCESS_PRESETS.join(", ")}, preprocessing as data, or a function`,
    next: didYouMean(name, PREPROCESS_PRESETS),
  });
}

/** A preset as data, for a model's input. */
export function presetPreprocess(name: PreprocessPreset, input: Sides): PreprocessData {
  return PRESETS[name](input);
}
