import type { ExplainedImage } from "../explanation/parts.js";
import type { RawImage, Rect } from "../image/types.js";
import type { ResolvedConfig } from "./config.js";
import { type PreparedMap, paint, paintBase, type Range, type Size } from "./pixels.js";

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

/** Colour of what lies beyond the picture's edges where a model's view does. */
const BEYOND = 128;

/**
 * The panel of an explanation: what the model saw, or the whole picture.
 * @param longest pixels of the longer side, unless the config gives an output size
 */
export async function backdrop(
  { pixels, view }: ExplainedImage,
  { extent, outputSize }: Pick<ResolvedConfig, "extent" | "outputSize">,
  longest: { least: number; most: number },
): Promise<Backdrop> {
  const shown: Rect = extent === "view" ? view : { x: 0, y: 0, width: pixels.width, height: pixels.height };
  const { width, height } = outputSize ? { width: outputSize[0], height: outputSize[1] } : panelSize(shown, longest);
  const [across, down] = [width / shown.width, height / shown.height];
  const [left, top] = [Math.round((view.x - shown.x) * across), Math.round((view.y - shown.y) * down)];
  return {
    picture: await cut(pixels, shown, { width, height }),
    shown,
    view: {
      x: left,
      y: top,
      width: Math.max(1, Math.round((view.x + view.width - shown.x) * across) - left),
      height: Math.max(1, Math.round((view.y + view.height - shown.y) * down) - top),
    },
  };
}

function panelSize({ width, height }: Size, { least, most }: { least: number; most: number }): Size {
  const longer = Math.max(width, height);
  const scale = Math.min(most, Math.max(least, longer)) / longer;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A rectangle of a picture at another size; the rectangle may have fractions and reach beyond the picture. */
export async function cut(image: RawImage, rect: Rect, size: Size): Promise<RawImage> {
  const { default: sharp } = await import("sharp");
  const [across, down] = [size.width / rect.width, size.height / rect.height];
  const left = Math.max(0, Math.floor(rect.x));
  const top = Math.max(0, Math.floor(rect.y));
  const width = Math.max(1, Math.min(image.width, Math.ceil(rect.x + rect.width)) - left);
  const height = Math.max(1, Math.min(image.height, Math.ceil(rect.y + rect.height)) - top);
  const scaled = { width: Math.max(1, Math.round(width * across)), height: Math.max(1, Math.round(height * down)) };
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left, top, width, height })
    .resize(scaled.width, scaled.height, { fit: "fill", kernel: across > 4 ? "nearest" : "lanczos3" })
    .raw()
    .toBuffer();
  const out = new Uint8Array(size.width * size.height * 3).fill(BEYOND);
  const [x, y] = [Math.round((left - rect.x) * across), Math.round((top - rect.y) * down)];
  const from = Math.max(0, -x);
  const count = Math.min(scaled.width - from, size.width - Math.max(0, x));
  for (let row = Math.max(0, -y); row < scaled.height && row + y < size.height && count > 0; row++) {
    const start = (row * scaled.width + from) * 3;
    out.set(data.subarray(start, start + count * 3), ((row + y) * size.width + Math.max(0, x)) * 3);
  }
  return { data: out, ...size };
}

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
  const seen = new Uint8Array(view.width * view.height * 3);
  for (let y = top; y < bottom; y++) {
    const row = picture.data.subarray((y * width + left) * 3, (y * width + right) * 3);
    seen.set(row, ((y - view.y) * view.width + left - view.x) * 3);
  }
  const painted = new Uint8ClampedArray(view.width * view.height * 4);
  paint(map, { data: seen, width: view.width, height: view.height }, config, painted, range);
  for (let y = top; y < bottom; y++) {
    const start = ((y - view.y) * view.width + left - view.x) * 4;
    out.set(painted.subarray(start, start + (right - left) * 4), (y * width + left) * 4);
  }
  return out;
}
