import type { RawImage } from "../../src/image/types.js";
import { bytesOf } from "./model.js";

/** Pixels as canvases have them: four interleaved channels. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The pixels of an encoded picture, value for value. */
export async function decodePicture(encoded: unknown): Promise<Pixels> {
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytesOf(encoded))]), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = bitmap;
  const context = canvasOf(width, height).getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { data: context.getImageData(0, 0, width, height).data, width, height };
}

/** The three colour channels of opaque pixels. */
export function toRgb({ data, width, height }: Pixels): RawImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; o < rgb.length; i += 4) {
    rgb[o++] = data[i];
    rgb[o++] = data[i + 1];
    rgb[o++] = data[i + 2];
  }
  return { data: rgb, width, height };
}

export function toRgba({ data, width, height }: RawImage): Pixels {
  const out = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, o = 0; i < data.length; o += 4) {
    out[o] = data[i++];
    out[o + 1] = data[i++];
    out[o + 2] = data[i++];
    out[o + 3] = 255;
  }
  return { data: out, width, height };
}

export function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Pixels on a canvas of their own. */
export function paintCanvas({ data, width, height }: Pixels, canvas = canvasOf(width, height)): HTMLCanvasElement {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  return canvas;
}

/** A canvas as a file: PNG, or JPEG for photographs. */
export function canvasBlob(canvas: HTMLCanvasElement, type: "image/png" | "image/jpeg" = "image/png"): Promise<Blob> {
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the picture could not be encoded"))), type, 0.92),
  );
}

/** An object URL for encoded bytes; the caller revokes it. */
export function pictureUrl(encoded: unknown, type: string): string {
  return URL.createObjectURL(new Blob([new Uint8Array(bytesOf(encoded))], { type }));
}
