import { closest, SightlineError } from "../core/errors.js";
import { decodeExplanation, type ExplanationJson, encodeExplanation } from "../explanation/json.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import type { RawImage, Rect } from "../image/types.js";
import type { Exhibit } from "../methods/method.js";
import type { Prediction, Target } from "../model/types.js";

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

  /**
   * Reads what {@link Explanation.toJSON} wrote.
   * @throws SightlineError `bad-explanation` when it is something else, or damaged
   */
  static fromJSON(value: unknown): Explanation {
    return new Explanation(decodeExplanation(value));
  }

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

  /**
   * Where the picture speaks for one class rather than another: the difference of two maps, value by value.
   * @throws SightlineError `unknown-label` when one of them was not explained
   */
  difference(target: Target, against: Target): Explanation {
    const [a, b] = [this.indexOf(target), this.indexOf(against)];
    const [first, second] = [this.#maps[a], this.#maps[b]];
    const data = first.data.map((value, i) => value - second.data[i]);
    const { index, label, probability } = this.targets[a];
    const rival = this.targets[b];
    return new Explanation({
      ...this,
      targets: [{ index, label: `${label} rather than ${rival.label}`, probability: probability - rival.probability }],
      maps: [new SaliencyMap({ data, width: first.width, height: first.height, regions: first.regions, signed: true })],
      exhibits: [],
      provenance: {
        ...this.provenance,
        options: { ...this.provenance.options, difference: [label, rival.label] },
      },
    });
  }

  /** Plain data, numbers bit for bit, that {@link Explanation.fromJSON} reads. */
  toJSON(): ExplanationJson {
    return encodeExplanation({ ...this, maps: this.#maps });
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
