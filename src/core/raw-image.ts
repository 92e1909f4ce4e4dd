/** Decoded pixels: 8-bit sRGB, three interleaved channels (RGB), row by row from the top left. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A rectangle in pixels; `x`, `y` is its top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a picture is to be turned to stand upright, 1…8 as in EXIF; 5 and more swap width and height. */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
