import { closest, SightlineError } from "./errors.js";
import { resizeMap } from "./image/resize-map.js";
import type { RawImage, Rect } from "./image/types.js";
import type { Exhibit, RawMap } from "./methods/method.js";
import type { Prediction, Target } from "./model/types.js";

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

/** One class's map: raw float32 values, never normalised, rows from the top left, at the method's own resolution. */
export class SaliencyMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Whether values below zero are evidence against the class. */
  readonly signed: boolean;
  /** For maps constant on segments: the segment of each value. */
  readonly regions?: Int32Array;
  /** Standard deviation of each value, where the method knows it. */
  readonly uncertainty?: Float32Array;

  constructor(map: RawMap & { signed: boolean }) {
    this.data = map.data;
    this.width = map.width;
    this.height = map.height;
    this.signed = map.signed;
    this.regions = map.regions;
    this.uncertainty = map.uncertainty;
  }

  /** Bilinear (half-pixel centres, edges clamped) copy at another size. */
  resize(width: number, height: number): SaliencyMap {
    if (width === this.width && height === this.height) return this;
    const resized = (data: Float32Array) => resizeMap(data, this.width, this.height, width, height);
    return new SaliencyMap({
      data: resized(this.data),
      width,
      height,
      signed: this.signed,
      uncertainty: this.uncertainty && resized(this.uncertainty),
    });
  }

  /** Where the largest value is, as fractions of width and height (centres of cells). */
  peak(): { x: number; y: number; value: number } {
    let best = 0;
    for (let i = 1; i < this.data.length; i++) if (this.data[i] > this.data[best]) best = i;
    return {
      x: ((best % this.width) + 0.5) / this.width,
      y: (Math.floor(best / this.width) + 0.5) / this.height,
      value: this.data[best],
    };
  }
}

/** Everything an {@link Explanation} is made of. */
export interface ExplanationParts {
  readonly image: ExplainedImage;
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly Prediction[];
  readonly maps: readonly SaliencyMap[];
  readonly exhibits?: readonly Exhibit[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}

/** What a method found on one picture, for one or more classes. Immutable; drawing and saving are done elsewhere. */
export class Explanation {
  readonly image: ExplainedImage;
  /** The class the model holds most probable. */
  readonly prediction: Prediction;
  /** The most probable classes, best first. */
  readonly predictions: readonly Prediction[];
  /** The explained classes, in the order of the maps. */
  readonly targets: readonly Prediction[];
  readonly exhibits: readonly Exhibit[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
  readonly #maps: readonly SaliencyMap[];

  constructor(parts: ExplanationParts) {
    this.image = parts.image;
    this.prediction = parts.prediction;
    this.predictions = parts.predictions;
    this.targets = parts.targets;
    this.exhibits = parts.exhibits ?? [];
    this.defaults = parts.defaults;
    this.provenance = parts.provenance;
    this.#maps = parts.maps;
    Object.freeze(this);
  }

  /**
   * The map of a class; of the first target without an argument.
   * @throws SightlineError `unknown-label` when the class was not explained
   */
  map(target?: Target): SaliencyMap {
    return this.#maps[this.indexOf(target)];
  }

  /** Position of a class among the targets. @throws SightlineError `unknown-label` */
  indexOf(target: Target = this.targets[0].index): number {
    const found = this.targets.findIndex(({ index, label }) => index === target || label === target);
    if (found >= 0) return found;
    const labels = this.targets.map(({ label }) => label);
    throw new SightlineError("unknown-label", `no map of ${JSON.stringify(target)} in this explanation`, {
      received: target,
      expected: `one of its targets: ${labels.join(", ")}`,
      next:
        typeof target === "string" && closest(target, labels, 1).length
          ? `did you mean '${closest(target, labels, 1)[0]}'?`
          : "explain it with targets: [...]",
    });
  }
}
