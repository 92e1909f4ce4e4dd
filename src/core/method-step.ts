import type { Rect } from "./raw-image.js";
import type { Tensor } from "./tensor.js";

/** A mask, small: cells of 1 (shown) and 0 (hidden), stretched over a part of the model's input. */
export interface StretchedMask {
  /** Row by row. */
  readonly cells: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  /** Where the cells lie, in shares of the input; they may reach beyond it. */
  readonly box: Rect;
  /** Whether cells blend into each other (linearly between their centres) or have edges. */
  readonly soft: boolean;
  /** What there is around them: 1 shown, 0 hidden. */
  readonly around: 0 | 1;
}

/** Copies of the picture with parts hidden, and what the model said of them. */
export interface MaskStep {
  readonly method: "rise" | "gp-rise" | "occlusion";
  /** The number of the first copy. */
  readonly from: number;
  readonly masks: readonly StretchedMask[];
  /** Raw scores, [copies, classes]. */
  readonly scores: Tensor;
}

/** A feature layer with one cell kept at a time. */
export interface CellStep {
  readonly method: "recipro-cam" | "vit-recipro-cam";
  readonly layer: string;
  readonly columns: number;
  readonly rows: number;
  /** Raw scores, [cells, classes], row by row. */
  readonly scores: Tensor;
}

/** Gradients at places on the straight way from a baseline to the picture; not told of where `until` places them. */
export interface PathStep {
  readonly method: "integrated-gradients";
  /** Class that is explained. */
  readonly target: number;
  /** Which of the baselines the way begins at. */
  readonly baseline: number;
  /** How many gradients this way has; where that is more than before, the way is gone again. */
  readonly steps: number;
  /** 0 the baseline … 1 the picture. */
  readonly positions: readonly number[];
  /** What each gradient weighs in the sum; all of a way add up to 1. */
  readonly weights: readonly number[];
  /** Gradients by element of the input, one for each place. */
  readonly gradients: readonly Float32Array[];
  /** The picture less the baseline, by element. */
  readonly difference: Float32Array;
  /** Raw scores, [places, classes]. */
  readonly scores: Tensor;
}

/** What a method has just done, by method; the others report none. */
export type MethodStep = MaskStep | CellStep | PathStep;
