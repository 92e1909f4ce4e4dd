/** The output by which a model carries saliency maps itself, as OpenVINO XAI names it. */
export const SALIENCY_MAP = "saliency_map";

/** One map, raw: never normalised, at the method's own resolution, rows from the top. */
export interface RawMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** For maps that are constant on segments: the segment of each cell. */
  readonly regions?: Int32Array;
  /** Standard deviation per cell, where the method knows it. */
  readonly uncertainty?: Float32Array;
}

/** A picture that a method made (a counterfactual, a feature map, …), to be shown beside or instead of maps. */
export interface Artifact {
  readonly kind: "image" | "signed" | "unsigned";
  readonly title: string;
  /** [height, width] values or [height, width, 3] for `image` (0…255). */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly target?: number;
}
