import type { CaseAnswer } from "../../explain/cases.js";
import type { WireExplanation } from "./explanation.js";

/** A picture of {@link CaseBrowser} as it travels to the browser. */
export interface WireCase {
  readonly name: string;
  /** JPEG. */
  readonly thumbnail: Uint8Array;
  readonly predictions: readonly CaseAnswer[];
  /** Share of the evidence in the strongest tenth of the map, 0…1; null without a map. */
  readonly concentration: number | null;
}

/** Traits of {@link CaseBrowser}, which its browser half reads. */
export interface CaseBrowserTraits {
  /** The pictures, in the order in which they were given. */
  items: readonly WireCase[];
  /** True label of each picture, several that are right with `|` between them; empty where unknown. The reader may set and correct them. */
  truths: readonly string[];
  /** What is left out, in a sentence; empty when nothing is. */
  leftOut: string;
  /** Every label that the truth can be. */
  labels: readonly string[];
  /** From this probability on a prediction is confident, 0…1. */
  high: number;
  /** The second class is a rival from this share of the first one's probability on, 0…1. */
  mixed: number;
  /** The true class is missed rather than denied from this probability on, 0…1. */
  plausible: number;
  /** Pictures chosen in the chart; all when empty. */
  selection: readonly number[];
  /** The picture that is open, if one is. */
  opened: number | null;
  /** The explanation of the picture that is open, once it is there. */
  explanation: readonly WireExplanation[];
  /** Why the last request failed; empty when it did not. */
  message: string;
}

/** The view was built again and wants the explanation of the picture that is open. */
export interface ReopenRequest {
  readonly type: "reopen";
}
