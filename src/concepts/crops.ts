import { pixelIndex } from "../core/pixel-index.js";
import type { Rect } from "../core/raw-image.js";
import type { Tensor } from "../core/tensor.js";
import { resizeMap } from "../image/resize-map.js";
import type { InputGeometry, LayerGeometry } from "../model/types.js";

/** How far crops of a picture lie apart, as a share of their side: CRAFT's. */
const STRIDE = 0.8;

/**
 * Squares that cover a model's input from edge to edge, in its pixels, row by row: evenly apart, by at most 0.8 of a side.
 * @param share side of a square as a share of the input's shorter side
 */
export function cropRects({ width, height }: InputGeometry, share: number): Rect[] {
  const side = Math.max(1, Math.round(share * Math.min(width, height)));
  const starts = (length: number) => {
    const count = Math.ceil((length - side) / (STRIDE * side)) + 1;
    return Array.from({ length: count }, (_, i) => (count > 1 ? Math.round((i * (length - side)) / (count - 1)) : 0));
  };
  const across = starts(width);
  return starts(height).flatMap((y) => across.map((x) => ({ x, y, width: side, height: side })));
}

/** The cells of a layer that lie under a part of the input: those whose middles do, or the one nearest to its middle. */
export function cellsUnder(
  rect: Rect,
  input: InputGeometry,
  { width, height }: Pick<LayerGeometry, "width" | "height">,
): number[] {
  const under = (from: number, size: number, whole: number, count: number) => {
    const middles = Array.from({ length: count }, (_, i) => ((i + 0.5) * whole) / count);
    const inside = [...middles.keys()].filter((i) => middles[i] >= from && middles[i] < from + size);
    const nearest = Math.min(count - 1, Math.floor(((from + size / 2) * count) / whole));
    return inside.length > 0 ? inside : [nearest];
  };
  const columns = under(rect.x, rect.width, input.width, width);
  return under(rect.y, rect.height, input.height, height).flatMap((row) =>
    columns.map((column) => row * width + column),
  );
}

/** Parts of an input, each enlarged to the size of the whole (bilinear); one row of the batch each. */
export function cutCrops({ data }: Tensor, input: InputGeometry, rects: readonly Rect[]): Tensor {
  const { channels, width, height, layout } = input;
  const size = channels * width * height;
  const at = pixelIndex(input);
  const out = new Float32Array(rects.length * size);
  rects.forEach((rect, n) => {
    const cut = new Float32Array(rect.width * rect.height);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < cut.length; i++) {
        const [x, y] = [rect.x + (i % rect.width), rect.y + Math.floor(i / rect.width)];
        cut[i] = data[at(c, y * width + x)];
      }
      const plane = resizeMap(cut, rect.width, rect.height, width, height);
      for (let place = 0; place < plane.length; place++) out[n * size + at(c, place)] = plane[place];
    }
  });
  const dims = layout === "nchw" ? [channels, height, width] : [height, width, channels];
  return { data: out, dims: [rects.length, ...dims] };
}
