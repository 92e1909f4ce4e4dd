import { canvasBlob, canvasOf } from "./pictures.js";

/** A picture as it travels. */
export interface ReducedPicture {
  readonly encoded: Blob;
  /** Pixels as it was, upright, and as it travels. */
  readonly from: readonly [width: number, height: number];
  readonly to: readonly [width: number, height: number];
}

/** Encoded pictures of at most so many bytes travel as they are where they are no larger than is asked for. */
const AS_IT_IS = 2_000_000;

/**
 * A picture, upright and with no side longer than is asked for; one that is small enough travels as it is.
 * @throws where the browser cannot read it
 */
export async function reducedPicture(file: Blob, longest: number): Promise<ReducedPicture> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const { width, height } = bitmap;
  if (Math.max(width, height) <= longest && file.size <= AS_IT_IS) {
    bitmap.close();
    return { encoded: file, from: [width, height], to: [width, height] };
  }
  const canvas = scaled(bitmap, width, height, longest);
  bitmap.close();
  const encoded = await canvasBlob(canvas, file.type === "image/jpeg" ? "image/jpeg" : "image/png");
  return { encoded, from: [width, height], to: [canvas.width, canvas.height] };
}

/** A picture on a canvas of its own, with no side longer than is asked for. */
export function scaled(source: CanvasImageSource, width: number, height: number, longest: number): HTMLCanvasElement {
  const factor = Math.min(1, longest / Math.max(width, height));
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side * factor)));
  const canvas = canvasOf(across, down);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context) {
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, across, down);
  }
  return canvas;
}
