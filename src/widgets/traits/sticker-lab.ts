import type { StickerPlace } from "../../image/sticker.js";
import type { PictureAnswer } from "./picture-answer.js";
import type { WireProgress } from "./progress.js";

/** A sticker as it travels: RGBA. */
export interface WireSticker {
  readonly name: string;
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What one model says of the picture with the sticker. */
export type StickerAnswer = PictureAnswer;

/** How often a sticker turned the answer, for one model. */
export interface StickerCount {
  readonly model: string;
  /** Pictures that the model gave another class before. */
  readonly counted: number;
  /** Of these, how many the sticker turned to the class. */
  readonly turned: number;
  /** How many random content of the sticker's size turned to it. */
  readonly byNoise: number;
}

/** A count over all pictures, and what was counted. */
export interface StickerCounts {
  readonly label: string;
  readonly sticker: number;
  readonly place: StickerPlace;
  readonly models: readonly StickerCount[];
  readonly sentence: string;
}

/** Traits of {@link StickerLab}, which its browser half reads. */
export interface StickerLabTraits {
  /** Names of the models, left to right. */
  names: readonly string[];
  /** Every picture, as PNG. */
  pictures: readonly Uint8Array[];
  /** What can be pasted. */
  stickers: readonly WireSticker[];
  /** Which picture is shown. */
  picture: number;
  /** Which sticker is held. */
  sticker: number;
  /** Where it lies; null where the picture is as it was. */
  place: StickerPlace | null;
  /** What each model says; before the first answer none. */
  answers: readonly StickerAnswer[];
  /** What each model says of the picture without a sticker. */
  plain: readonly StickerAnswer[];
  /** The number of the move that `answers` are for. */
  move: number;
  /** The last count; empty before the first. */
  counts: readonly StickerCounts[];
  /** Whether a count is running. */
  state: "ready" | "counting";
  /** How far the count is, while it runs. */
  progress: WireProgress | null;
  /** What went wrong, in a sentence; empty where nothing did. */
  message: string;
}

/** The reader moved the sticker, chose another one or another picture; only the latest of these is answered. */
export interface PlaceRequest {
  readonly type: "place";
  readonly move: number;
  readonly picture: number;
  readonly sticker: number;
  readonly place: StickerPlace | null;
}

/** The reader wants to know how often the sticker turns the answer, as it lies on the page when this is asked. */
export interface CountRequest {
  readonly type: "count";
  readonly picture: number;
  readonly sticker: number;
  readonly place: StickerPlace;
}

/** A part of a picture becomes a sticker: left, top, width and height as shares of the picture. */
export interface CutRequest {
  readonly type: "cut";
  readonly picture: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** What the reader painted becomes a sticker: it travels beside this as RGBA, as large as the picture. */
export interface PaintRequest {
  readonly type: "paint";
  readonly picture: number;
}
