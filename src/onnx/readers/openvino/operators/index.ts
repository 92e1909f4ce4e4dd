import type { Operator } from "../builder.js";
import { CONVOLUTION } from "./convolution.js";
import { DETECTION } from "./detection.js";
import { ELEMENTWISE } from "./elementwise.js";
import { INDEXING } from "./indexing.js";
import { NORMALIZATION } from "./normalization.js";
import { POOLING } from "./pooling.js";
import { RESIZE } from "./resize.js";
import { SHAPE } from "./shape.js";

/** How each OpenVINO operation becomes ONNX nodes, by the type that its layers carry. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...ELEMENTWISE,
  ...CONVOLUTION,
  ...POOLING,
  ...NORMALIZATION,
  ...SHAPE,
  ...INDEXING,
  ...RESIZE,
  ...DETECTION,
};
