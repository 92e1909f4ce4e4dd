import type { RawImage, Rect } from "../core/raw-image.js";
import type { Tensor } from "../core/tensor.js";

export type { RawImage, Rect };

/**
 * Anything a picture can come from: a path, a file:, https: or data: URL, encoded bytes, raw pixels, a ready model input, or
 * what `model.prepare` made of one of these, which saves doing it again.
 */
export type ImageSource = string | URL | Uint8Array | RawImage | Tensor | PreparedImage;

/** A decoded picture with what was noticed on the way (first frame of an animation, alpha put on white, …). */
export interface Picture {
  readonly image: RawImage;
  /** A name to show: the file's base name, or "picture" where there is none. */
  readonly name: string;
  readonly notes: readonly string[];
  /** Size of the whole picture, where `image` was decoded at a reduced one. */
  readonly whole?: Size;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture made ready for a model. */
export interface PreparedImage {
  /** The model's input, batch 1. */
  readonly tensor: Tensor;
  /** The picture as it was given (or, for a tensor, its values mapped to 0…255). */
  readonly picture: Picture;
  /** The part of the picture that the model sees. The input's pixels lie evenly over it. */
  readonly view: Rect;
}

/** Whether a source was made ready already. */
export function isPrepared(source: ImageSource): source is PreparedImage {
  return typeof source === "object" && source !== null && "tensor" in source && "picture" in source;
}
