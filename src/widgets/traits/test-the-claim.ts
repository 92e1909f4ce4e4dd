import type { Prediction } from "../../model/types.js";
import type { Fill } from "../../perturb/fill.js";
import type { WireExplanation, WireMap } from "./explanation.js";

/** What a reader does with a region: hide it, hide everything else, or move it. */
export type ClaimAction = "hide" | "keep" | "move";

/** One gesture and what came of it. */
export interface ClaimEntry {
  readonly action: ClaimAction;
  readonly fill: Fill;
  /** For `move`: how far, in pixels of the model's input. */
  readonly offset: readonly [right: number, down: number];
  /** The region as runs (see `regionFromRuns`). */
  readonly runs: readonly number[];
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
  readonly target: Prediction;
  readonly area: number;
  readonly change: number;
  /** The same change for regions of the same shape elsewhere. */
  readonly controls: readonly number[];
  /** Chance that such a region does at least as much; null until the controls are there. */
  readonly chance: number | null;
  /** Share of the map's evidence for the class that lies in the region, 0…1. */
  readonly claimed: number;
  readonly sentence: string;
}

/** Traits of {@link TestTheClaim}, which its browser half reads. */
export interface TestTheClaimTraits {
  /** The explanation whose claim is tested: one. */
  explanation: readonly WireExplanation[];
  /** Width and height of the model's input: the grid of all regions. */
  grid: readonly [width: number, height: number];
  /** Segment of each pixel of the grid, int32. */
  segments: Uint8Array;
  /** The class whose probability is followed, as the model gave it for the picture. */
  target: Prediction;
  /** What was tried, oldest first. */
  history: readonly ClaimEntry[];
  /** Entry that is shown, if one is. */
  at: number | null;
  /** What the model saw in that entry, as PNG. */
  changed: Uint8Array;
  /** Map of the changed picture minus the map of the picture. */
  difference: readonly WireMap[];
  /** Whether a gesture is being worked on. */
  state: "ready" | "working" | "failed";
  /** What went wrong and what to do; empty when nothing did. */
  message: string;
}

/** The reader drew a region: it travels beside this as a mask, a byte for each pixel of the grid. */
export interface TestRequest {
  readonly type: "test";
  readonly action: ClaimAction;
  readonly fill: Fill;
  readonly offset: readonly [right: number, down: number];
  /** Entry after which this one stands; those that stood there are dropped. */
  readonly at: number | null;
}
