import { didYouMean, SightlineError } from "../core/errors.js";
import type { Artifact } from "../core/raw-map.js";
import { ambiguousLabel } from "../model/class-index.js";
import type { Prediction, Target } from "../model/types.js";
import { type ExplanationJson, encodeExplanation } from "./json.js";
import type { ExplainedImage, ExplainedTarget, ExplanationParts, Provenance, ViewDefaults } from "./parts.js";
import type { SaliencyMap } from "./saliency-map.js";

/** What a method found on one picture, for one or more classes: the values alone, immutable, as drawing takes them. */
export class ExplanationData {
  readonly image: ExplainedImage;
  /** The class the model holds most probable. */
  readonly prediction: Prediction;
  /** The most probable classes, best first. */
  readonly predictions: readonly Prediction[];
  /** The explained classes, in the order of the maps. */
  readonly targets: readonly ExplainedTarget[];
  readonly artifacts: readonly Artifact[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
  readonly #maps: readonly SaliencyMap[];

  constructor(parts: ExplanationParts) {
    this.image = parts.image;
    this.prediction = parts.prediction;
    this.predictions = parts.predictions;
    this.targets = parts.targets;
    this.artifacts = parts.artifacts ?? [];
    this.defaults = parts.defaults;
    this.provenance = parts.provenance;
    this.#maps = parts.maps;
    Object.freeze(this);
  }

  /** @deprecated The old name of {@link artifacts}. */
  get exhibits(): readonly Artifact[] {
    return this.artifacts;
  }

  /**
   * The map of a class; of the first target without an argument. A class of a segmentation model goes by its own name, too.
   * @throws SightlineError `unknown-label` when the class was not explained, `ambiguous-label` when several have its name
   */
  map(target?: Target): SaliencyMap {
    return this.#maps[this.indexOf(target)];
  }

  /** Plain data, numbers bit for bit, that `Explanation.fromJSON` reads. */
  toJSON(): ExplanationJson {
    return encodeExplanation({ ...this, maps: this.#maps });
  }

  /** Position of a class among the targets. @throws SightlineError `unknown-label`, `ambiguous-label` */
  indexOf(target: Target = this.targets[0].index): number {
    const named = (i: number) => [this.targets[i].index, this.targets[i].label].includes(target);
    const places = Array.from(this.targets.keys());
    const exact = places.filter(named);
    const matching = exact.length > 0 ? exact : places.filter((i) => this.targets[i].within?.label === target);
    const indices = [...new Set(matching.map((i) => this.targets[i].index))];
    if (indices.length === 1) return matching[0];
    if (indices.length > 1) throw ambiguousLabel(String(target), indices, "targets");
    const labels = this.targets.map(({ label }) => label);
    throw new SightlineError("unknown-label", `no map of ${JSON.stringify(target)} in this explanation`, {
      received: target,
      expected: `one of its targets: ${labels.join(", ")}`,
      next: (typeof target === "string" && didYouMean(target, labels)) || "explain it with targets: [...]",
    });
  }
}
