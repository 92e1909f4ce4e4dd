import { files } from "#platform/files";
import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { SALIENCY_MAP } from "../core/raw-map.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import type { ImageSource, PreparedImage, RawImage } from "../image/types.js";
import type { Graph } from "../onnx/graph.js";
import { classIndexOf } from "./class-index.js";
import type { Device } from "./device.js";
import { embeddedMaps } from "./embedded-maps.js";
import { GradientPasses } from "./gradient-passes.js";
import type { ImageInput } from "./image-input.js";
import type { LabelSource } from "./labels.js";
import { checkMaskedBatch } from "./mask-feeds.js";
import { withFacts } from "./model-facts.js";
import type { CollectPass, Network } from "./network.js";
import type { DeviceTrial } from "./place.js";
import { probePicture, provenOn } from "./prove-device.js";
import { topPredictions } from "./ranking.js";
import { toLogits, toProbabilities } from "./scores.js";
import { checkBatch, checkFinite, shapeMismatch } from "./tensor-checks.js";
import type {
  Control,
  GradientRequest,
  Gradients,
  LabelOptions,
  LayerInfo,
  MaskedBatch,
  ModelInfo,
  Observation,
  Prediction,
  PrepareImageOptions,
  Target,
  ZeroShotModel,
} from "./types.js";

/** What a user's own postprocessing gets: every output of the model for one image, by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** One score per class of one image's outputs. */
export type PostprocessFunction = (outputs: Outputs) => ArrayLike<number> | Tensor;

/** Makes predictions show themselves in a notebook; injected, as models know nothing of drawing. */
export type PresentPredictions = (predictions: Prediction[]) => Prediction[];

/** Everything a classifier is made of. */
export interface ClassifierParts {
  readonly network: Network;
  readonly postprocess?: PostprocessFunction;
  readonly labels: readonly string[];
  readonly info: ModelInfo;
  readonly imageInput: ImageInput;
  readonly present?: PresentPredictions;
  /** The file's own graph, where it carries saliency maps as an output. */
  readonly embedded?: Graph;
  /** Makes the same model with other words for classes, where there is a text encoder. */
  readonly relabel?: (model: Classifier, labels: LabelSource, options: LabelOptions) => Promise<Classifier>;
  /** A visualization config that came with the model. */
  readonly viewConfig?: Readonly<Record<string, unknown>>;
}

/** A model whose sessions live in one thread. */
export class Classifier implements ZeroShotModel {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly viewConfig?: Readonly<Record<string, unknown>>;
  readonly network: Network;
  readonly #parts: ClassifierParts;
  readonly #gradients: GradientPasses;

  constructor(parts: ClassifierParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.labels = parts.labels;
    this.viewConfig = parts.viewConfig;
    this.network = parts.network;
    this.#gradients = new GradientPasses(parts.network, parts.info);
  }

  layers(): readonly LayerInfo[] {
    return this.network.layers;
  }

  /** @internal For callers that no compiler warns. */
  detect(): Promise<never> {
    return Promise.reject(
      new SightlineError("not-supported", "a classifier finds no objects", {
        next: 'use model.predict(image), or load a detector with task: "detection"',
      }),
    );
  }

  async predict(image: ImageSource, options?: { top?: number } & Control): Promise<Prediction[]> {
    const given = options ?? {};
    checkKeys(given, ["top", "signal"], "predict");
    const { top = 5, signal } = given;
    if (!(Number.isInteger(top) && top >= 0)) {
      throw new SightlineError("bad-config", `top is ${top}`, { received: top, expected: "a whole number of classes" });
    }
    const { tensor } = await this.prepare(image, { signal });
    const { data } = this.probabilities(await this.run(tensor, { signal }));
    const { present = (predictions) => predictions } = this.#parts;
    return present(topPredictions(this.labels, data, top));
  }

  async run(input: Tensor, options: Control = {}): Promise<Tensor> {
    checkKeys(options, ["signal"], "run");
    const { signal } = options;
    return (await this.observe(input, { layers: [], signal })).scores;
  }

  async observe(input: Tensor, options: { layers: readonly string[] } & Control): Promise<Observation> {
    checkKeys(options, ["layers", "signal"], "observe");
    const { layers, signal } = options;
    const count = checkBatch(input, this.info.input, "the input");
    const { embedded } = this.#parts;
    const maps =
      embedded && layers.includes(SALIENCY_MAP)
        ? await embeddedMaps(embedded, this.network.sessions, input, { signal })
        : undefined;
    const inner = maps ? layers.filter((layer) => layer !== SALIENCY_MAP) : layers;
    const { scores, collect } = this.#scores(count);
    let milliseconds = 0;
    const activations = new Map(
      await this.network.forward(input, { layers: inner, signal }, (pass) => {
        milliseconds += pass.milliseconds;
        collect(pass);
      }),
    );
    if (maps) activations.set(SALIENCY_MAP, maps);
    return { scores, activations, milliseconds };
  }

  async masked(batch: MaskedBatch, { signal }: Control = {}): Promise<Tensor> {
    const { scores, collect } = this.#scores(checkMaskedBatch(batch));
    await this.network.masked(batch, { signal }, collect);
    return scores;
  }

  async gradient(input: Tensor, request: GradientRequest): Promise<Gradients> {
    checkBatch(input, this.info.input, "the input");
    if (this.#parts.postprocess) {
      throw new SightlineError("not-supported", "gradients cannot flow through a postprocess function", {
        next: "use a method that needs no gradients",
      });
    }
    const { target } = request;
    if (typeof target === "number" && request.of === undefined) this.classIndex(target);
    return this.#gradients.run(input, request);
  }

  async edited(change: (graph: Graph) => void): Promise<Classifier> {
    const graph = this.network.graph.clone();
    change(graph);
    return this.#reopened(graph, this.network.host.threads);
  }

  async save(path: string): Promise<void> {
    const { labels, info } = this;
    if (!info.preprocess) {
      throw new SightlineError(
        "not-supported",
        "a function prepares the model's pictures, and an ONNX file holds none",
        {
          next: "load the model with preprocess as data",
        },
      );
    }
    const facts = { labels, preprocess: info.preprocess };
    await files.writeFileAtomic(path, withFacts(this.network.graph, facts).serialize());
  }

  async withLabels(labels: LabelSource, options: LabelOptions = {}): Promise<Classifier> {
    checkKeys(options, ["prompts", "signal"], "withLabels");
    const { relabel } = this.#parts;
    if (relabel) return relabel(this, labels, options);
    throw new SightlineError("not-supported", `the classes of '${this.info.name}' are no words`, {
      expected: "a pair of encoders: loadModel({ image, text, tokenizer, labels })",
      next: "trainHead(model, pictures) teaches a model new classes",
    });
  }

  /** @internal The same way of preparing pictures in front of another network, to be closed on its own. */
  derived(
    network: Network,
    { labels, info, relabel }: Pick<ClassifierParts, "labels" | "info" | "relabel">,
  ): Classifier {
    const { imageInput, present } = this.#parts;
    return new Classifier({ network, labels, info, imageInput, present, relabel });
  }

  replica(threads: number, device = this.info.device): Promise<Classifier> {
    if (device !== this.info.device) return this.onDevice(device);
    return this.#reopened(this.network.graph, threads);
  }

  /**
   * The same model on another device, beside this one.
   * @throws SightlineError `not-supported` where it does not give the same answers there
   */
  async onDevice(device: Device, options: DeviceTrial = {}): Promise<Classifier> {
    const { tensor: input } = await this.prepare(probePicture(), { signal: options.signal });
    const scores = this.#parts.postprocess ? undefined : this.info;
    const { network, note } = await provenOn(this.network, device, { input, scores, ...options });
    const { threads } = network.host;
    const info = { ...this.info, device, threads, notes: [...this.info.notes, note] };
    return new Classifier({ ...this.#parts, network, info });
  }

  /** @internal This model with one more note; it takes its place. */
  noted(note: string): Classifier {
    return new Classifier({ ...this.#parts, info: { ...this.info, notes: [...this.info.notes, note] } });
  }

  close(): Promise<void> {
    return this.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  classIndex(target: Target): number {
    return classIndexOf(target, this.labels, this.info.classes);
  }

  probabilities(scores: Tensor): Tensor {
    return toProbabilities(scores, this.info.probabilities);
  }

  logits(scores: Tensor): Tensor {
    return toLogits(scores, this.info.activation);
  }

  prepare(image: ImageSource, options: PrepareImageOptions = {}): Promise<PreparedImage> {
    return this.#parts.imageInput.prepare(image, options);
  }

  pixels(prepared: PreparedImage): Promise<RawImage> {
    return this.#parts.imageInput.pixels(prepared);
  }

  fill(colour: readonly [number, number, number]): Tensor {
    return this.#parts.imageInput.fill(colour);
  }

  batchSize(): Promise<number> {
    return this.network.batchSize();
  }

  async #reopened(graph: Graph, threads: number): Promise<Classifier> {
    const network = await this.network.reopened(graph, threads);
    return new Classifier({ ...this.#parts, network, info: { ...this.info, threads } });
  }

  /** Scores of so many images, and what fills them in pass by pass. */
  #scores(count: number): { scores: Tensor; collect: CollectPass } {
    const { postprocess } = this.#parts;
    const { classes } = this.info;
    const { outputs } = this.network;
    const data = new Float32Array(count * classes);
    const collect: CollectPass = (pass) => {
      if (!postprocess) {
        const rows = pass.tensor(outputs[0]).data.subarray(0, pass.count * classes);
        checkScores(rows);
        data.set(rows, pass.start * classes);
        return;
      }
      for (let row = 0; row < pass.count; row++) {
        data.set(postprocessed(postprocess, pass.row(row, outputs), classes), (pass.start + row) * classes);
      }
    };
    return { scores: { data, dims: [count, classes] }, collect };
  }
}

/** −∞ is the logit of what is impossible. @throws SightlineError `not-finite` for NaN and +∞ */
function checkScores(scores: Float32Array): void {
  const position = scores.findIndex((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY);
  if (position < 0) return;
  throw new SightlineError("not-finite", `the model answers with ${scores[position]}`, {
    received: scores[position],
    expected: "finite scores",
    next: "check the preprocessing, or the model itself: it divides by zero or overflows on this picture",
  });
}

/** @throws SightlineError `shape-mismatch`, `not-finite` unless the function gives one finite score per class */
export function postprocessed(make: PostprocessFunction, outputs: Outputs, classes?: number): Float32Array {
  const result = make(outputs);
  const scores = isTensor(result) ? result.data : Float32Array.from(result ?? []);
  if (scores.length === 0 || (classes !== undefined && scores.length !== classes)) {
    throw shapeMismatch("the postprocess function's result", [scores.length], [classes ?? "classes"]);
  }
  checkFinite(scores, "the postprocess function's result");
  return scores;
}
