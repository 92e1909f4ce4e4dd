import type { ImageSource, PreparedImage, Rect } from "../../image/types.js";
import type { AreaMask, Control, LayerInfo, Model, ModelInfo, Target } from "../types.js";

export type { AreaMask } from "../types.js";

/**
 * Where a class is asked about: where the model itself sees it, a rectangle in fractions of the model's view (0…1), or a
 * mask over the view, at any resolution.
 */
export type TargetRegion = "predicted" | Rect | AreaMask;

/** A class of a segmentation model in a region; where the model sees it when that is absent. */
export interface RegionTarget {
  readonly label: Target;
  readonly region?: TargetRegion;
}

/** Where a segmentation model sees a class. */
export interface SegmentedArea {
  readonly index: number;
  readonly label: string;
  /** 0…1: its part of the model's view. Areas of independent labels may overlap. */
  readonly share: number;
  /** 0…1: mean probability of the class over its area. */
  readonly probability: number;
}

/** What a segmentation model says of a picture. */
export interface Segmentation {
  /** Classes that are seen anywhere, the largest area first. */
  readonly areas: readonly SegmentedArea[];
  /** Columns and rows of the model's output. */
  readonly width: number;
  readonly height: number;
  /** Where a class is seen; empty where it is not. @throws SightlineError `unknown-label`, `index-out-of-range` */
  area(target: Target): AreaMask;
}

/** A model that says of every place of a picture what is there. All work runs in a worker thread. */
export interface SegmentationModel extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  /** The class of every cell, and how large the area of each is. */
  segment(image: ImageSource, options?: Control): Promise<Segmentation>;
  /**
   * The model as a classifier of one region, in a thread of its own, to be closed on its own: the raw score of a class is
   * the mean of its logits over the region.
   * @throws SightlineError `bad-config` for a region that is none, or where the class is not seen
   */
  classifierOf(image: ImageSource, target: RegionTarget, options?: Control): Promise<Model>;
  /** Tensors with rows and columns. */
  layers(): readonly LayerInfo[];
  prepare(image: ImageSource, options?: Control): Promise<PreparedImage>;
  /** Index of a class. @throws SightlineError `unknown-label`, `index-out-of-range` */
  classIndex(target: Target): number;
  close(): Promise<void>;
}
