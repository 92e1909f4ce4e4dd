import type { OwnPreprocessing } from "../onnx/readers/openvino/own-preprocessing.js";
import type { OpenVinoMetadata } from "../onnx/readers/openvino/read-openvino.js";
import type { PreprocessData } from "./preprocess.js";

const RESIZE: Readonly<Record<string, PreprocessData["resize"]>> = {
  standard: "exact",
  fit_to_window: "letterbox",
  fit_to_window_letterbox: "letterbox",
};
const INTERPOLATION: Readonly<Record<string, PreprocessData["interpolation"]>> = {
  nearest: "nearest",
  linear: "bilinear",
  cubic: "bicubic",
};

/** What an OpenVINO file says of the pictures it wants; undefined where it says nothing. */
export function preprocessOf(metadata: OpenVinoMetadata): PreprocessData | undefined {
  const { mean, scale, reverseInputChannels, resizeType, padValue, interpolation, layout } = metadata;
  const said = [mean, scale, reverseInputChannels, resizeType, interpolation].some((value) => value !== undefined);
  if (!said) return undefined;
  return {
    scale: 1,
    mean: mean ?? 0,
    std: scale ?? 1,
    channels: reverseInputChannels === false ? "bgr" : "rgb",
    resize: RESIZE[resizeType ?? ""] ?? "exact",
    interpolation: INTERPOLATION[interpolation?.toLowerCase() ?? ""] ?? "bilinear",
    padding: padValue === undefined ? undefined : [padValue, padValue, padValue],
    layout,
  };
}

/** How pictures go into a network that prepares them itself; undefined where it does not. */
export function builtInPreprocess(
  { prepares, reverses }: OwnPreprocessing,
  { layout }: OpenVinoMetadata,
): { data: PreprocessData; note: string } | undefined {
  if (!prepares && !reverses) return undefined;
  const order = reverses ? "blue, green, red" : "red, green, blue";
  return {
    data: { scale: 1, channels: reverses ? "bgr" : "rgb", layout },
    note: `the network prepares pictures itself: they are squeezed to its size and go in as bytes, in the order ${order}`,
  };
}
