import type { ExifOrientation, RawImage, Rect } from "../core/raw-image.js";

/** Interleaved 8-bit channels, row by row from the top left. A {@link RawImage} has three. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB (the default), 4 RGBA. */
  readonly channels?: 1 | 3 | 4;
}

/** What the head of an encoded picture says. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  /** Frames of an animation, pages of a document; 1 for most. */
  readonly frames: number;
  readonly hasAlpha: boolean;
  /**
   * What a sample is, where it is more than a byte: 16 bits; or signed, 32 bits or a float; or 16 bits of which some are
   * below zero, which are not read.
   */
  readonly samples?: "uint16" | "wide" | "below-zero";
  /** Colours other than RGB and grey; they are converted. */
  readonly colours?: "CMYK" | "CIELAB";
  /** How many channels there are, where they are more than colours and alpha. */
  readonly channels?: number;
}

/** The samples of a picture as they are stored, interleaved, row by row from the top left. */
export interface Samples {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Whether the last channel is alpha. */
  readonly hasAlpha: boolean;
  /** The largest number that a sample of 8 or 16 bits can be. */
  readonly most?: number;
}

export interface DecodeSettings {
  /** Larger pictures are refused before they are unpacked. */
  readonly maxPixels: number;
  /** What shows through transparent parts. */
  readonly background: "white" | "black";
}

/** A JPEG file at a fraction of its size, which saves most of the work of decoding it. */
export interface ReducedSettings extends DecodeSettings {
  /** Size as it is stored, before it is turned upright. */
  readonly width: number;
  readonly height: number;
  readonly orientation: ExifOrientation;
  /** 2, 4 or 8: pixels of the file along each side of one that is made. */
  readonly by: number;
}

export interface ResizeSettings {
  readonly width: number;
  readonly height: number;
  /** "fill": exactly this size; "inside": the largest of its own shape that fits; "cover": filled, the middle cut out. */
  readonly fit: "fill" | "inside" | "cover";
  /** Whole pixels of the picture; all of it when left out. */
  readonly part?: Rect;
  /** Default "lanczos3". */
  readonly kernel?: "lanczos3" | "nearest";
}

export type Encoding =
  /** Without loss; 256 colours at most with `palette`. */
  | { readonly format: "png"; readonly palette?: boolean; readonly effort?: number }
  /** `quality` 1…100. "4:4:4" keeps colours at full resolution. */
  | { readonly format: "jpeg"; readonly quality: number; readonly chroma?: "4:4:4"; readonly optimise?: boolean }
  | { readonly format: "webp"; readonly quality: number; readonly effort?: number };

/** CSS's `#rrggbb`. */
export type Colour = `#${string}`;

export type Shape =
  /** Pixels as they are; whole numbers. */
  | { readonly kind: "image"; readonly pixels: Pixels; readonly left: number; readonly top: number }
  | {
      readonly kind: "rect";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill?: Colour;
      /** Of the filling, 0…1. */
      readonly opacity?: number;
      readonly stroke?: Stroke;
    }
  /** An outline, letters among them, in the syntax of SVG's `d`, which the canvas of a browser reads as well. */
  | { readonly kind: "path"; readonly d: string; readonly fill: Colour };

export interface Stroke {
  readonly colour: Colour;
  readonly width: number;
  /** Lengths of dash and gap. */
  readonly dashes?: readonly [number, number];
}

/** A picture as a list of what is in it, the last one on top. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly background: Colour;
  readonly shapes: readonly Shape[];
}

/** Encoded pictures and pixels. */
export interface Pictures {
  /** Reads the head of an encoded picture alone. */
  inspect(encoded: Uint8Array): Promise<PictureFacts>;
  /** Whether each pixel of the first frame is opaque. */
  isOpaque(encoded: Uint8Array): Promise<boolean>;
  /** The first frame as 8-bit sRGB, upright as its EXIF orientation says. */
  decode(encoded: Uint8Array, settings: DecodeSettings): Promise<RawImage>;
  /** A JPEG file, as `decode` would give it, at a fraction of its size; absent where the whole of it is decoded anyway. */
  reduced?(encoded: Uint8Array, settings: ReducedSettings): Promise<RawImage>;
  /** The first frame's samples, upright; absent where nothing but bytes can be had. */
  samples?(encoded: Uint8Array, settings: Pick<DecodeSettings, "maxPixels">): Promise<Samples>;
  /** Channels stay as they are. */
  resize(pixels: Pixels, settings: ResizeSettings): Promise<Pixels>;
  encode(pixels: Pixels, encoding: Encoding): Promise<Uint8Array>;
  draw(drawing: Drawing): Promise<Pixels>;
}
