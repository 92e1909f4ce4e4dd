import { type Interpolation, resample } from "./resample.js";
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
  const { width, height, interpolation } = fit;
  const { scaled, left, top } = plan(image, fit);
  if (fit.resize !== "letterbox") return resample(image, scaled, { x: left, y: top, width, height }, interpolation);
  const inner = await resample(image, scaled, { x: 0, y: 0, ...scaled }, interpolation);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = fit.padding[i % 3];
  for (let y = 0; y < scaled.height; y++) {
    const row = inner.data.subarray(y * scaled.width * 3, (y + 1) * scaled.width * 3);
    data.set(row, ((y - top) * width - left) * 3);
  }
  return { data, width, height };
}
