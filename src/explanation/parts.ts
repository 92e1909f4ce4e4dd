import type { Artifact } from "../core/raw-map.js";
import type { RawImage, Rect } from "../image/types.js";
import type { AreaMask, Prediction } from "../model/types.js";
import type { SaliencyMap } from "./saliency-map.js";

/** How an explanation came to be: enough to make it again, and to know what it cost. */
export interface Provenance {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly method: string;
  /** All options, defaults and what was found out (`targetLayer`, passes used) included. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** What the maps explain. */
  readonly score: "logit" | "probability" | "none";
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly milliseconds: number;
  /** Sentences for the reader: why this method, what was degraded, what to be careful about. */
  readonly notes: readonly string[];
  readonly version: string;
  /** What ran the model; absent where it was not recorded. */
  readonly runtime?: RuntimeRecord;
}

/** Where a model ran: what times and the last digits of maps depend on. */
export interface RuntimeRecord {
  readonly edition: "node" | "browser";
  /** "onnxruntime-node 1.30.0", "onnxruntime-web 1.30.0 (wasm)". */
  readonly engine: string;
  readonly device: string;
  readonly threads: number;
}

/** The picture an explanation is about. */
export interface ExplainedImage {
  readonly name: string;
  /** The picture as given; larger ones are reduced to at most 1024 pixels a side. */
  readonly pixels: RawImage;
  /** The part the model saw, in these pixels (fractions allowed). Maps lie evenly over it. */
  readonly view: Rect;
}

/** How to draw it unless the reader says otherwise. */
export interface ViewDefaults {
  readonly type: "outlines" | "pixels";
  /** A visualization config given with the model (`explanation_metadata.json`). */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Where a class of a segmentation model is explained. */
export interface ExplainedRegion {
  /** The class by its own name; the target's label names the region, too. */
  readonly label: string;
  readonly region: AreaMask;
  /** Whether no other class is more probable there. */
  readonly answer: boolean;
}

/** A class that is explained. */
export interface ExplainedTarget extends Prediction {
  /** Of a segmentation model: which class, and the region that it is explained in. */
  readonly within?: ExplainedRegion;
}

/** Everything an explanation is made of. */
export interface ExplanationParts {
  readonly image: ExplainedImage;
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly ExplainedTarget[];
  readonly maps: readonly SaliencyMap[];
  readonly artifacts?: readonly Artifact[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}
