import { runYielding } from "../core/cooperative.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import type { ImageSource } from "../image/types.js";
import { presenceOf } from "../methods/concepts/factorise.js";
import {
  type ConceptDirections,
  cellsOf,
  conceptIndex,
  flatDirections,
  partsOf,
  withoutParts,
} from "../methods/concepts/parts.js";
import { chooseLayer } from "../methods/target-layer.js";
import { checkModel } from "../model/check-model.js";
import { predictionOf, topPredictions } from "../model/ranking.js";
import type { Control, LayerInfo, Model, Prediction } from "../model/types.js";
import type { Completeness, Concept, ConceptBankFacts, ConceptFailure } from "./bank-facts.js";
import { bankHtml, bankText } from "./bank-html.js";
import { type ConceptBankJson, decodeBank, encodeBank } from "./bank-json.js";
import { discover } from "./discover.js";
import { strongestRows } from "./find.js";
import { type ConceptOptions, completeConceptOptions } from "./options.js";

/** What a picture's answer becomes when concepts are taken out of the layer. */
export interface Ablation {
  /** The most probable class, whole and without the concepts. */
  readonly before: Prediction;
  readonly after: Prediction;
  /** The bank's class, whole and without the concepts. */
  readonly target: { readonly before: Prediction; readonly after: Prediction };
}

/** Share of the crops that a concept is taken apart by: CRAFT's. */
const STRONG = 0.1;

/**
 * Concepts of a class in a layer of a model, the most important first; immutable, shows itself as the last value of a cell. The
 * model must be open where a picture is looked at.
 */
export class ConceptBank implements ConceptDirections, Displayable {
  readonly model: ConceptBankFacts["model"];
  readonly layer: string;
  readonly target: ConceptBankFacts["target"];
  readonly concepts: readonly Concept[];
  readonly completeness: Completeness;
  readonly pictures: number;
  readonly crops: number;
  readonly crop: number;
  readonly enlarge: boolean;
  readonly seed: number;
  readonly within?: ConceptBankFacts["within"];
  readonly failures: readonly ConceptFailure[];
  readonly notes: readonly string[];
  readonly #model: Model;

  /** @throws SightlineError `bad-config` where the model is another */
  constructor(model: Model, facts: ConceptBankFacts) {
    if (model.info.sha256 !== facts.model.sha256) {
      throw new SightlineError("bad-config", `these concepts are of ${facts.model.name}, not of ${model.info.name}`, {
        received: model.info.sha256,
        expected: facts.model.sha256,
        next: "load the model that they were found in",
      });
    }
    this.model = facts.model;
    this.layer = facts.layer;
    this.target = facts.target;
    this.concepts = facts.concepts;
    this.completeness = facts.completeness;
    this.pictures = facts.pictures;
    this.crops = facts.crops;
    this.crop = facts.crop;
    this.enlarge = facts.enlarge;
    this.seed = facts.seed;
    this.within = facts.within;
    this.failures = facts.failures;
    this.notes = facts.notes;
    this.#model = model;
    Object.freeze(this);
  }

  /**
   * Reads what {@link ConceptBank.toJSON} wrote.
   * @param model the model that the concepts were found in
   * @throws SightlineError `bad-data` when it is something else, or damaged; `bad-config` where the model is another
   */
  static fromJSON(value: unknown, model: Model): ConceptBank {
    checkModel(model);
    const bank = new ConceptBank(model, decodeBank(value));
    bank.#checkDirections();
    return bank;
  }

  /** Plain data, numbers bit for bit, that {@link ConceptBank.fromJSON} reads. */
  toJSON(): ConceptBankJson {
    return encodeBank(this);
  }

  /**
   * The same concepts under names of your own, in their order; undefined keeps a name.
   * @example
   * const bank = await concepts(model, ["cat.png", "dog.png"], { count: 2 });
   * bank.named(["whiskers"]).concepts[0].name;                     // whiskers
   * @throws SightlineError `bad-config` for what are no names, or more than there are concepts
   */
  named(names: readonly (string | undefined)[]): ConceptBank {
    const isName = (name: unknown) => name === undefined || (typeof name === "string" && name.trim() !== "");
    if (!Array.isArray(names) || names.length > this.concepts.length || !names.every(isName)) {
      throw new SightlineError("bad-config", "these are no names of concepts", {
        received: names,
        expected: `a list of at most ${this.concepts.length} texts`,
      });
    }
    const concepts = this.concepts.map((concept, k) => ({ ...concept, name: names[k] ?? concept.name }));
    return new ConceptBank(this.#model, { ...this, concepts });
  }

  /**
   * Where a concept is on a picture: how much of it each cell of the layer holds, at least 0 (non-negative least squares over all
   * concepts of the bank).
   * @param concept its number from 0, or its name
   * @throws SightlineError `index-out-of-range`, `unknown-label`, `bad-image`, `aborted`
   */
  async map(concept: number | string, image: ImageSource, control: Control = {}): Promise<SaliencyMap> {
    const k = this.indexOf(concept);
    const { presence, layer } = await this.#on(image, control);
    const { width, height } = layer.geometry;
    const rank = this.concepts.length;
    const data = Float32Array.from({ length: width * height }, (_, cell) => presence[cell * rank + k]);
    return new SaliencyMap({ data, width, height, signed: false });
  }

  /**
   * What the model says of a picture when one or several concepts are taken out of the layer: A − Σ u·w.
   * @throws SightlineError `index-out-of-range`, `unknown-label`, `bad-image`, `aborted`
   */
  async ablate(
    concept: number | string | readonly (number | string)[],
    image: ImageSource,
    control: Control = {},
  ): Promise<Ablation> {
    const gone = [concept].flat().map((one) => this.indexOf(one as number | string));
    const { presence, layer, activation } = await this.#on(image, control);
    const parts = partsOf(presence, flatDirections(this.concepts), layer);
    const kept = this.concepts.map((_, k) => (gone.includes(k) ? 0 : 1));
    const model = this.#model;
    const scores = await model.masked(
      {
        ...{ layer: layer.name, base: withoutParts(activation, parts), delta: parts, count: 2 },
        masks: { kind: "parts", weights: Float32Array.from([...kept.map(() => 1), ...kept]) },
      },
      control,
    );
    const { data } = model.probabilities(scores);
    const rows = [data.subarray(0, data.length / 2), data.subarray(data.length / 2)];
    const [before, after] = rows.map((row) => topPredictions(model.labels, row, 1)[0]);
    const [whole, without] = rows.map((row) => predictionOf(model.labels, row, this.target.index));
    return { before, after, target: { before: whole, after: without } };
  }

  /**
   * Takes a concept apart in an earlier layer: concepts of the crops in which it is strongest (a tenth of them all), as CRAFT goes down the layers.
   * @param images the pictures to take crops of
   * @param options as of `concepts`; the target is the bank's, and the layer the last one with more cells when absent
   * @throws SightlineError as `concepts`; `bad-config` for a layer that is not earlier
   */
  async refine(
    concept: number | string,
    images: readonly ImageSource[],
    options: Omit<ConceptOptions, "target"> = {},
  ): Promise<ConceptBank> {
    const k = this.indexOf(concept);
    const model = this.#model;
    const layer = this.#earlier(options.layer);
    const settings = completeConceptOptions({ crop: this.crop, enlarge: this.enlarge, ...options }, "refine");
    const directions = flatDirections(this.concepts);
    const facts = await discover(model, images, {
      ...{ ...settings, target: this.target.index, layer },
      among: {
        layer: this.#layer(),
        within: { layer: this.layer, concept: this.concepts[k].name },
        choose: (crops, control) => strongestRows(crops.matrix(), directions, k, STRONG, control),
      },
    });
    return new ConceptBank(model, facts);
  }

  /** Number of a concept, from 0. @throws SightlineError `index-out-of-range`, `unknown-label` */
  indexOf(concept: number | string): number {
    return conceptIndex(this.concepts, concept);
  }

  /** The concepts with their numbers, each beside its control, and their strongest crops. */
  html(): Promise<string> {
    return bankHtml(this);
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return { "text/html": await this.html(), "text/plain": bankText(this) };
  }

  #layer(): LayerInfo {
    return chooseLayer(this.#model.layers(), this.layer);
  }

  #checkDirections(): void {
    const { channels } = this.#layer().geometry;
    const wrong = this.concepts.find(({ direction }) => direction.length !== channels);
    if (!wrong) return;
    throw new SightlineError("bad-data", `${wrong.name} has ${wrong.direction.length} values`, {
      received: wrong.direction.length,
      expected: `one for each of the ${channels} channels of '${this.layer}'`,
    });
  }

  #earlier(name: string | undefined): LayerInfo {
    const layers = this.#model.layers();
    const at = layers.findIndex((layer) => layer.name === this.layer);
    const cells = ({ geometry }: LayerInfo) => geometry.width * geometry.height;
    if (name === undefined) {
      const found = layers.slice(at + 1).find((layer) => cells(layer) > cells(layers[at]));
      if (found) return found;
      throw new SightlineError("no-feature-layer", `no layer before '${this.layer}' has more cells`, {
        expected: "an earlier layer",
        next: "name one with layer",
      });
    }
    const layer = chooseLayer(layers, name);
    if (layers.indexOf(layer) > at) return layer;
    throw new SightlineError("bad-config", `the layer '${name}' does not come before '${this.layer}'`, {
      received: name,
      expected: `one of ${layers
        .slice(at + 1, at + 13)
        .map((one) => one.name)
        .join(", ")}`,
    });
  }

  async #on(
    image: ImageSource,
    control: Control,
  ): Promise<{ layer: LayerInfo; activation: Tensor; presence: Float32Array }> {
    const layer = this.#layer();
    const prepared = await this.#model.prepare(image, control);
    const { activations } = await this.#model.observe(prepared.tensor, { layers: [layer.name], ...control });
    const activation = activations.get(layer.name) as Tensor;
    const task = presenceOf(cellsOf(activation, layer), flatDirections(this.concepts), this.concepts.length);
    return { layer, activation, presence: await runYielding(task, control.signal) };
  }
}
