import type { Provenance, ViewDefaults } from "../../explanation/parts.js";
import type { Rect } from "../../image/types.js";
import type { Prediction } from "../../model/types.js";

/** A map as it travels: raw floats at the method's own resolution, 4 bytes each, little-endian. */
export interface WireMap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly signed: boolean;
  /** Segment of each value, 4 bytes each. */
  readonly regions?: Uint8Array;
  /** Standard deviation of each value, 4 bytes each. */
  readonly uncertainty?: Uint8Array;
}

/** The picture under a map, as `visualize` cuts it. */
export interface WirePanel {
  /** PNG: without loss. */
  readonly picture: Uint8Array;
  /** The part that maps lie over, in whole pixels. */
  readonly view: Rect;
  /** The part of the explained picture that it shows, in that picture's pixels. */
  readonly shown: Rect;
}

/** An explanation as it travels to the browser, once. */
export interface WireExplanation {
  readonly name: string;
  /** What the model saw; and the whole picture where that is more. */
  readonly panels: { readonly view: WirePanel; readonly picture?: WirePanel };
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly Prediction[];
  readonly maps: readonly WireMap[];
  /** Size of the scores behind each map, for telling evidence from rounding. */
  readonly scales: readonly number[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}
