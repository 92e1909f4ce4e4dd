import type { PictureAnswer } from "./picture-answer.js";

/** Traits of {@link PictureBooth}, which its browser half reads. */
export interface PictureBoothTraits {
  /** What the model is called. */
  subject: string;
  /** Whether the kernel runs in the page itself. */
  inPage: boolean;
  /** What the picture is called; "camera" for one of the camera. */
  name: string;
  /** The picture upright, as PNG or JPEG; empty before there is one and while the camera runs. */
  shown: Uint8Array;
  /** What the model says of it: one, or none yet. */
  answer: readonly PictureAnswer[];
  /** The number of the picture that `answer` is for, as the page counted it. */
  number: number;
  /** Sentences for the reader. */
  notes: readonly string[];
  /** What went wrong, in a sentence; empty where nothing did. */
  message: string;
}

/** A picture of the reader's; it travels beside this, encoded. Only the latest of several is answered. */
export interface PictureRequest {
  readonly type: "picture";
  readonly number: number;
  readonly name: string;
  /** Whether it is one of many that the camera gives. */
  readonly live: boolean;
}

/** The reader wants the kernel to forget the picture. */
export interface ClearRequest {
  readonly type: "clear";
}
