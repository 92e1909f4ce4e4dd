import type { Tensor } from "../../core/tensor.js";
import type { Rect } from "../../image/types.js";
import type { InputGeometry } from "../../model/types.js";

/** Part of a model input: [channels, height, width], whatever the input's layout. */
export interface Patch {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** How far apart neighbours are in an input's memory. */
const strides = ({ layout, channels, width, height }: InputGeometry) =>
  layout === "nhwc"
    ? { channel: 1, row: width * channels, column: channels }
    : { channel: width * height, row: width, column: 1 };

/** @param rect whole pixels inside the input */
export function cutPatch(from: Tensor, input: InputGeometry, rect: Rect): Patch {
  const { channel, row, column } = strides(input);
  const data = new Float32Array(input.channels * rect.height * rect.width);
  let to = 0;
  for (let c = 0; c < input.channels; c++) {
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      const start = c * channel + y * row;
      for (let x = rect.x; x < rect.x + rect.width; x++) data[to++] = from.data[start + x * column];
    }
  }
  return { data, width: rect.width, height: rect.height };
}

/** A copy of an input with a patch on it, whose top left corner is at a pixel. */
export function pastePatch(onto: Tensor, input: InputGeometry, patch: Patch, corner: Pick<Rect, "x" | "y">): Tensor {
  const { channel, row, column } = strides(input);
  const data = onto.data.slice();
  let from = 0;
  for (let c = 0; c < input.channels; c++) {
    for (let y = corner.y; y < corner.y + patch.height; y++) {
      const start = c * channel + y * row;
      for (let x = corner.x; x < corner.x + patch.width; x++) data[start + x * column] = patch.data[from++];
    }
  }
  return { data, dims: onto.dims };
}

/** A box of fractions of the input as whole pixels. */
export function pixelRect(box: Rect, { width, height }: InputGeometry): Rect {
  const [x, y] = [Math.round(box.x * width), Math.round(box.y * height)];
  const [right, bottom] = [Math.round((box.x + box.width) * width), Math.round((box.y + box.height) * height)];
  return { x, y, width: right - x, height: bottom - y };
}
