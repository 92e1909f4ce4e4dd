import type { Tensor } from "../../core/tensor.js";
import type { ImageSource, PreparedImage, RawImage } from "../../image/types.js";
import { Classifier, type ClassifierParts, type Network } from "../classifier.js";
import type { Control, LayerInfo, MaskedBatch, ModelInfo, Target } from "../types.js";
import type { DecodeOptions, Decoder } from "./decoders.js";
import type { BoxCorners, ClassLayer, DetectedObject, Detection, DetectionModel } from "./types.js";

/** x1, y1, x2, y2, label, score, objectness (−1 where there is none); class probabilities follow. */
const FACTS = 7;

export interface DetectorParts extends Omit<ClassifierParts, "postprocess"> {
  readonly decoder: Decoder;
  readonly decoding: DecodeOptions;
  /** Objects below are not listed by `detect`, 0…1. */
  readonly confidence: number;
  readonly classLayers: readonly ClassLayer[];
}

/**
 * A detector: the same engine as a classifier's, whose row of scores for an image is the objects found there, packed
 * into numbers (how many, then a row of facts and class probabilities each).
 */
export class Detector implements DetectionModel {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly #parts: DetectorParts;
  readonly #engine: Classifier;

  constructor(parts: DetectorParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.labels = parts.labels;
    const { decoder, decoding, info } = parts;
    const { limit } = decoding;
    const width = FACTS + info.classes;
    this.#engine = new Classifier({
      ...parts,
      info: { ...info, classes: 1 + limit * width, activation: "none", probabilities: "as given" },
      postprocess: (outputs) => pack(decoder.decode(outputs, info.input, decoding), limit, info.classes),
    });
  }

  async detect(image: ImageSource, control: Control = {}): Promise<DetectedObject[]> {
    const prepared = await this.prepare(image, control);
    const [found] = await this.run(prepared.tensor, control);
    const { view } = prepared;
    const { width, height } = this.info.input;
    const place = ([x1, y1, x2, y2]: BoxCorners): BoxCorners => [
      view.x + (x1 * view.width) / width,
      view.y + (y1 * view.height) / height,
      view.x + (x2 * view.width) / width,
      view.y + (y2 * view.height) / height,
    ];
    return this.listed(found).map((object, index) => ({
      ...object,
      index,
      box: place(object.box),
      name: this.nameOf(object.label),
    }));
  }

  listed(found: readonly Detection[]): Detection[] {
    return found.filter(({ score }) => score >= this.#parts.confidence);
  }

  nameOf(label: number): string {
    return this.labels[label] ?? `class ${label}`;
  }

  async run(input: Tensor, control: Control = {}): Promise<Detection[][]> {
    return this.#unpack(await this.#engine.run(input, control));
  }

  async masked(batch: MaskedBatch, control: Control = {}): Promise<Detection[][]> {
    return this.#unpack(await this.#engine.masked(batch, control));
  }

  async activations(input: Tensor, layers: readonly string[], control: Control = {}) {
    return (await this.#engine.observe(input, { layers, ...control })).activations;
  }

  layers(): readonly LayerInfo[] {
    return this.#parts.layers;
  }

  /** The graph that is run, and what is known of it. */
  get network(): Network {
    return this.#engine.network;
  }

  classLayers(): readonly ClassLayer[] {
    return this.#parts.classLayers;
  }

  prepare(image: ImageSource, control: Control = {}): Promise<PreparedImage> {
    return this.#engine.prepare(image, control);
  }

  pixels(prepared: PreparedImage): Promise<RawImage> {
    return this.#engine.pixels(prepared);
  }

  fill(colour: readonly [number, number, number]): Tensor {
    return this.#engine.fill(colour);
  }

  batchSize(): Promise<number> {
    return this.#engine.batchSize();
  }

  classIndex(target: Target): number {
    return this.#engine.classIndex(target);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #unpack({ data, dims }: Tensor): Detection[][] {
    return Array.from({ length: dims[0] }, (_, n) =>
      unpack(data.subarray(n * dims[1], (n + 1) * dims[1]), this.info.classes),
    );
  }
}

function pack(found: readonly Detection[], limit: number, classes: number): Float32Array {
  const width = FACTS + classes;
  const row = new Float32Array(1 + limit * width);
  row[0] = found.length;
  found.forEach(({ box, label, score, probabilities, objectness = -1 }, i) => {
    row.set([...box, label, score, objectness], 1 + i * width);
    if (probabilities) row.set(probabilities.subarray(0, classes), 1 + i * width + FACTS);
  });
  return row;
}

function unpack(row: Float32Array, classes: number): Detection[] {
  const width = FACTS + classes;
  return Array.from({ length: row[0] }, (_, i) => {
    const facts = row.subarray(1 + i * width, 1 + (i + 1) * width);
    const [x1, y1, x2, y2, label, score, objectness] = facts;
    const probabilities = facts.slice(FACTS);
    return {
      box: [x1, y1, x2, y2],
      label,
      score,
      objectness: objectness < 0 ? undefined : objectness,
      probabilities: probabilities.some((value) => value > 0) ? probabilities : undefined,
    };
  });
}
