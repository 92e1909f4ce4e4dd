import sharp, { type Sharp } from "sharp";
import { enlarge } from "./enlarge.js";
import type { RawImage, Rect } from "./types.js";

/** How a picture is brought to a model's size. */
export interface Fit {
  readonly width: number;
  readonly height: number;
  /** "shortest-N": the short side becomes N pixels; "exact": both sides are scaled; "letterbox": the whole picture, padded. */
  readonly resize: `shortest-${number}` | "exact" | "letterbox";
  readonly interpolation: Interpolation;
  /** Colour around a letterboxed picture, 0…255. */
  readonly padding: readonly [number, number, number];
}

export type Interpolation = keyof typeof KERNELS;

/** Antialiased, with Pillow's kernels: "bicubic" is Catmull–Rom (a = −½), "bilinear" a triangle, "lanczos" has three lobes. */
const KERNELS = { nearest: "nearest", bilinear: "linear", bicubic: "cubic", lanczos: "lanczos3" } as const;

export const INTERPOLATIONS = Object.keys(KERNELS) as Interpolation[];

/** Where the scaled picture lies in relation to the model's input. */
interface Plan {
  readonly scaled: { readonly width: number; readonly height: number };
  /** Top left corner of the input in the scaled picture; negative where there is padding. */
  readonly left: number;
  readonly top: number;
}

function plan({ width, height }: RawImage, fit: Fit): Plan {
  if (fit.resize === "exact") return { scaled: { width: fit.width, height: fit.height }, left: 0, top: 0 };
  const scaled = { width: fit.width, height: fit.height };
  if (fit.resize === "letterbox") {
    const scale = Math.min(fit.width / width, fit.height / height);
    scaled.width = Math.max(1, Math.round(width * scale));
    scaled.height = Math.max(1, Math.round(height * scale));
  } else {
    const short = Number(fit.resize.slice("shortest-".length));
    scaled.width = width <= height ? short : Math.round((short * width) / height);
    scaled.height = height <= width ? short : Math.round((short * height) / width);
  }
  const half = (difference: number) => Math.floor(difference / 2);
  return { scaled, left: half(scaled.width - fit.width), top: half(scaled.height - fit.height) };
}

/** The part of a picture that a fit lets through, in the picture's pixels; larger than the picture where it is padded. */
export function viewOf(image: RawImage, fit: Fit): Rect {
  const { scaled, left, top } = plan(image, fit);
  const x = image.width / scaled.width;
  const y = image.height / scaled.height;
  return { x: left * x, y: top * y, width: fit.width * x, height: fit.height * y };
}

/** Scales a picture and cuts its centre out, or pads it. */
export async function fitImage(image: RawImage, fit: Fit): Promise<RawImage> {
  const { scaled, left, top } = plan(image, fit);
  const pipeline = await scale(image, scaled.width, scaled.height, fit.interpolation);
  const [r, g, b] = fit.padding;
  const right = fit.width - scaled.width + left;
  const bottom = fit.height - scaled.height + top;
  const cut =
    fit.resize === "letterbox"
      ? pipeline.extend({ left: -left, top: -top, right, bottom, background: { r, g, b } })
      : pipeline.extract({ left, top, width: fit.width, height: fit.height });
  return { data: await cut.raw().toBuffer(), width: fit.width, height: fit.height };
}

/** sharp makes sides smaller, {@link enlarge} makes them larger. */
async function scale(image: RawImage, width: number, height: number, interpolation: Interpolation): Promise<Sharp> {
  const less = { width: Math.min(width, image.width), height: Math.min(height, image.height) };
  const shrinks = less.width < image.width || less.height < image.height;
  const shrunk = shrinks ? open(image).resize({ ...less, fit: "fill", kernel: KERNELS[interpolation] }) : open(image);
  if (less.width === width && less.height === height) return shrunk;
  const start = shrinks ? { data: await shrunk.raw().toBuffer(), ...less } : image;
  return open(enlarge(start, width, height, interpolation));
}

function open({ data, width, height }: RawImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}
