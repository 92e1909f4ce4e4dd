import { roundHalfEven } from "../core/rounding.js";
import { type Interpolation, scaleImage } from "./interpolation.js";
import type { RawImage, Rect, Size } from "./types.js";

/** One number for a square, or [height, width]. */
export type SideOrSize = number | readonly [height: number, width: number];

/**
 * How a picture is brought to a model's size:
 * - "exact": both sides are scaled to it
 * - "shortest-N": the short side becomes N pixels, the other one as torchvision's `Resize(N)` has it
 * - "letterbox": the largest of the picture's own shape that fits, the rest is padded
 * - "aspect-crop": the largest middle part of the model's shape is cut out, then scaled (Keras's `crop_to_aspect_ratio`)
 * - `squash`: both sides are scaled to a size of their own
 * - `cover`, `contain`: the smallest of the picture's own shape that covers a size, the largest that fits into it (timm's
 *   `ResizeKeepRatio`)
 *
 * Where what comes out is larger than the model's size, the middle is cut out; where it is smaller, it is padded.
 */
export type Resize =
  | "exact"
  | "letterbox"
  | "aspect-crop"
  | `shortest-${number}`
  | { readonly squash: SideOrSize }
  | { readonly cover: SideOrSize }
  | { readonly contain: SideOrSize };

/** How a picture is brought to a model's size. */
export interface Fit {
  readonly width: number;
  readonly height: number;
  readonly resize: Resize;
  readonly interpolation: Interpolation;
  /** Colour around a picture that does not fill the model's size, 0…255. */
  readonly padding: readonly [number, number, number];
  /** Where it lies there: in the middle, or with all padding to the right and below. Default "center". */
  readonly align?: "center" | "top-left";
}

/** Where the scaled picture lies in relation to the model's input. */
interface Plan {
  /** The part of the picture that is scaled, in whole pixels. */
  readonly part: Rect;
  /** The size that it is scaled to. */
  readonly scaled: Size;
  /** Top left corner of the input in the scaled part; negative where there is padding. */
  readonly left: number;
  readonly top: number;
}

function plan(image: Size, fit: Fit): Plan {
  if (fit.resize === "aspect-crop") {
    return { part: middlePart(image, fit), scaled: { width: fit.width, height: fit.height }, left: 0, top: 0 };
  }
  const scaled = scaledSize(image, fit);
  const offset = (size: number, wanted: number) =>
    size >= wanted
      ? roundHalfEven((size - wanted) / 2)
      : fit.align === "top-left"
        ? 0
        : -Math.floor((wanted - size) / 2);
  return {
    part: { x: 0, y: 0, width: image.width, height: image.height },
    scaled,
    left: offset(scaled.width, fit.width),
    top: offset(scaled.height, fit.height),
  };
}

/** The size of the whole picture before it is cut or padded, with each tool's own way to round. */
function scaledSize({ width, height }: Size, { resize, ...target }: Fit): Size {
  if (resize === "letterbox") {
    const scale = Math.min(target.width / width, target.height / height);
    const side = (pixels: number) => Math.max(1, roundHalfEven(pixels * scale));
    return { width: side(width), height: side(height) };
  }
  if (resize === "exact" || resize === "aspect-crop") return { width: target.width, height: target.height };
  if (typeof resize === "string") {
    const short = Number(resize.slice("shortest-".length));
    const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
    return width <= height ? { width: short, height: long } : { width: long, height: short };
  }
  if ("squash" in resize) return sizeOf(resize.squash);
  const size = sizeOf("cover" in resize ? resize.cover : resize.contain);
  const ratios = [width / size.width, height / size.height];
  const ratio = "cover" in resize ? Math.min(...ratios) : Math.max(...ratios);
  const side = (pixels: number) => Math.max(1, roundHalfEven(pixels / ratio));
  return { width: side(width), height: side(height) };
}

function sizeOf(size: SideOrSize): Size {
  return typeof size === "number" ? { width: size, height: size } : { width: size[1], height: size[0] };
}

/** The largest middle part of a picture that has the shape of the model's input. */
function middlePart({ width, height }: Size, target: Size): Rect {
  const part = {
    width: Math.max(1, Math.min(width, Math.trunc((height * target.width) / target.height))),
    height: Math.max(1, Math.min(height, Math.trunc((width * target.height) / target.width))),
  };
  return { x: Math.floor((width - part.width) / 2), y: Math.floor((height - part.height) / 2), ...part };
}

/** The part of a picture that a fit lets through, in the picture's pixels; larger than the picture where it is padded. */
export function viewOf(image: Size, fit: Fit): Rect {
  const { part, scaled, left, top } = plan(image, fit);
  const x = part.width / scaled.width;
  const y = part.height / scaled.height;
  return { x: part.x + left * x, y: part.y + top * y, width: fit.width * x, height: fit.height * y };
}

/** The size to which a fit scales the whole of a picture. */
export function sizeWhenFitted(image: Size, fit: Fit): Size {
  const { part, scaled } = plan(image, fit);
  return {
    width: (image.width * scaled.width) / part.width,
    height: (image.height * scaled.height) / part.height,
  };
}

/** Scales a picture and cuts its middle out, or pads it. */
export async function fitImage(image: RawImage, fit: Fit): Promise<RawImage> {
  const { part, scaled, left, top } = plan(image, fit);
  const source = cutOut(image, part);
  const window = overlap({ x: left, y: top, width: fit.width, height: fit.height }, scaled);
  const inner = await scaleImage(source, scaled, window, fit.interpolation);
  return padded(inner, { x: window.x - left, y: window.y - top }, fit);
}

/** The pixels inside a rectangle of whole pixels, which lies on the picture. */
export function cutOut(image: RawImage, { x, y, width, height }: Rect): RawImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * 3;
    data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { data, width, height };
}

/** The part of a rectangle that lies on a picture of a size. */
function overlap({ x, y, width, height }: Rect, size: Size): Rect {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return {
    x: left,
    y: top,
    width: Math.min(size.width, x + width) - left,
    height: Math.min(size.height, y + height) - top,
  };
}

function padded(inner: RawImage, at: { x: number; y: number }, { width, height, padding }: Fit): RawImage {
  if (inner.width === width && inner.height === height) return inner;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = padding[i % 3];
  for (let row = 0; row < inner.height; row++) {
    const line = inner.data.subarray(row * inner.width * 3, (row + 1) * inner.width * 3);
    data.set(line, ((at.y + row) * width + at.x) * 3);
  }
  return { data, width, height };
}
