import { resizeByOpenCv } from "./opencv-resize.js";
import { resample } from "./resample.js";
import type { RawImage, Rect } from "./types.js";

/**
 * How a picture is scaled:
 * - "nearest", "bilinear", "bicubic", "lanczos": Pillow's, antialiased but for "nearest"; torchvision and timm prepare
 *   pictures with them
 * - "linear": between the nearest pixels, not antialiased: TensorFlow's and Keras's bilinear, rounded to whole levels
 * - "opencv-linear", "opencv-area": OpenCV's `INTER_LINEAR` (not antialiased) and `INTER_AREA` (means)
 */
export type Interpolation = "nearest" | "bilinear" | "bicubic" | "lanczos" | "linear" | "opencv-linear" | "opencv-area";

export const INTERPOLATIONS = [
  "nearest",
  "bilinear",
  "bicubic",
  "lanczos",
  "linear",
  "opencv-linear",
  "opencv-area",
] as const satisfies readonly Interpolation[];

/**
 * A window of a picture at another size.
 * @param size width and height of the whole picture when it is scaled
 * @param window the part of it that is made, in pixels of the scaled picture
 */
export function scaleImage(
  image: RawImage,
  size: { readonly width: number; readonly height: number },
  window: Rect,
  interpolation: Interpolation,
): Promise<RawImage> {
  switch (interpolation) {
    case "linear":
    case "opencv-linear":
    case "opencv-area":
      return resizeByOpenCv(image, size, window, interpolation);
    default:
      return resample(image, size, window, interpolation);
  }
}
