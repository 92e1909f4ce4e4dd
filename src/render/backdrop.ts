import { pictures } from "#platform/pictures";
import type { RawImage, Rect } from "../core/raw-image.js";
import type { ExplainedImage } from "../explanation/parts.js";
import type { ResolvedConfig } from "./config.js";
import type { Backdrop } from "./panel.js";
import type { Size } from "./prepared-map.js";

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
  const [across, down] = [size.width / rect.width, size.height / rect.height];
  const left = Math.max(0, Math.floor(rect.x));
  const top = Math.max(0, Math.floor(rect.y));
  const width = Math.max(1, Math.min(image.width, Math.ceil(rect.x + rect.width)) - left);
  const height = Math.max(1, Math.min(image.height, Math.ceil(rect.y + rect.height)) - top);
  const scaled = await pictures.resize(image, {
    part: { x: left, y: top, width, height },
    width: Math.max(1, Math.round(width * across)),
    height: Math.max(1, Math.round(height * down)),
    fit: "fill",
    kernel: across > 4 ? "nearest" : "lanczos3",
  });
  const out = new Uint8Array(size.width * size.height * 3).fill(BEYOND);
  const [x, y] = [Math.round((left - rect.x) * across), Math.round((top - rect.y) * down)];
  const from = Math.max(0, -x);
  const count = Math.min(scaled.width - from, size.width - Math.max(0, x));
  for (let row = Math.max(0, -y); row < scaled.height && row + y < size.height && count > 0; row++) {
    const start = (row * scaled.width + from) * 3;
    out.set(scaled.data.subarray(start, start + count * 3), ((row + y) * size.width + Math.max(0, x)) * 3);
  }
  return { data: out, ...size };
}
