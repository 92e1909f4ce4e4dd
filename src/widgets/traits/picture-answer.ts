import type { Provenance, ViewDefaults } from "../../explanation/parts.js";
import type { Rect } from "../../image/types.js";
import type { Prediction } from "../../model/types.js";
import type { WireMap } from "./explanation.js";

/** What a model says of a picture that the page has already. */
export interface PictureAnswer {
  /** Best first. */
  readonly predictions: readonly Prediction[];
  /** Of the class on top; none where no map was asked for. */
  readonly maps: readonly WireMap[];
  /** Size of the score behind the map. */
  readonly scale: number;
  /** The part of the picture that the model sees, in its pixels. */
  readonly view: Rect;
  readonly defaults: ViewDefaults | null;
  readonly provenance: Provenance | null;
}
