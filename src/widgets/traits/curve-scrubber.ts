import type { Baseline } from "../../perturb/fill.js";
import type { WireMap } from "./explanation.js";
import type { WireProgress } from "./progress.js";

/** One curve: the score of the class at each step. */
export interface WireCurve {
  /** Which map. */
  readonly map: number;
  readonly metric: "insertion" | "deletion";
  readonly baseline: Baseline;
  /** Area under it. */
  readonly area: number;
  /** Mean area of random baseline maps; null where none were measured. */
  readonly chance: number | null;
  /** Scores at steps evenly spaced from 0 to all of the pixels. */
  readonly scores: readonly number[];
}

/** Traits of {@link CurveScrubber}, which its browser half reads. */
export interface CurveScrubberTraits {
  /** What the model sees, as PNG. */
  picture: Uint8Array;
  /** Width by height of the part of the photograph that it shows; the model's input may stretch it. Missing in notebooks that were saved before there was one. */
  aspect: number | undefined;
  /** The same with all of it removed, one for each baseline. */
  bases: readonly Uint8Array[];
  /** What takes the place of removed pixels: one for each picture of `bases`. */
  baselines: readonly Baseline[];
  /** The method that made each map. */
  names: readonly string[];
  /** The maps whose pixels are removed or inserted, strongest first. */
  maps: readonly WireMap[];
  /** The class whose score the curves follow. */
  label: string;
  /** What was measured so far: one for each map, metric and baseline. */
  curves: readonly WireCurve[];
  /** Steps from none to all of the pixels; a curve has one score more. */
  steps: number;
  /** Which curve is shown: pixels inserted, or deleted. */
  metric: "insertion" | "deletion";
  /** Which of `baselines` is shown, by its index. */
  baseline: number;
  /** The step that is shown. */
  step: number;
  /** Which map the picture is of. */
  shown: number;
  /** How the measurement stands. */
  state: "working" | "done" | "failed" | "cancelled";
  /** How far the measurement is, while it is under way. */
  progress: WireProgress | null;
  /** What went wrong and what to do; empty when nothing did. */
  message: string;
}

/** The reader wants the curves that were not measured. */
export interface MeasureRequest {
  readonly type: "measure";
}
