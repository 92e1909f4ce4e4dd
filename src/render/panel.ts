import type { RawImage, Rect } from "../core/raw-image.js";
import type { ResolvedConfig } from "./config.js";
import { paint, paintBase } from "./paint.js";
import type { PreparedMap, Range } from "./prepared-map.js";

/** The picture of one panel, ready to be painted over. */
export interface Backdrop {
  /** What the panel shows, at its size. */
  readonly picture: RawImage;
  /** The part that maps lie over, in whole pixels of the panel. */
  readonly view: Rect;
  /** The part of the explained picture that the panel shows, in that picture's pixels. */
  readonly shown: Rect;
}

/** How much brightness the part that the model did not see keeps. */
const UNSEEN = 0.35;

/** Paints a map over its part of the panel; what the model did not see is dimmed. Returns RGBA. */
export function paintPanel(
  { picture, view }: Backdrop,
  map: PreparedMap,
  config: ResolvedConfig,
  range: Range,
): Uint8ClampedArray {
  const { width, height } = picture;
  const out = new Uint8ClampedArray(width * height * 4);
  if (view.width === width && view.height === height) {
    paint(map, picture, config, out, range);
    return out;
  }
  paintBase(picture, config.overlay, out);
  for (let i = 0; i < out.length; i++) if (i % 4 !== 3) out[i] *= UNSEEN;
  const [left, top] = [Math.max(0, view.x), Math.max(0, view.y)];
  const [right, bottom] = [Math.min(width, view.x + view.width), Math.min(height, view.y + view.height)];
  const viewed = new Uint8Array(view.width * view.height * 3);
  for (let y = top; y < bottom; y++) {
    const row = picture.data.subarray((y * width + left) * 3, (y * width + right) * 3);
    viewed.set(row, ((y - view.y) * view.width + left - view.x) * 3);
  }
  const painted = new Uint8ClampedArray(view.width * view.height * 4);
  paint(map, { data: viewed, width: view.width, height: view.height }, config, painted, range);
  for (let y = top; y < bottom; y++) {
    const start = ((y - view.y) * view.width + left - view.x) * 4;
    out.set(painted.subarray(start, start + (right - left) * 4), (y * width + left) * 4);
  }
  return out;
}
