import { SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import type { ImageSource, PreparedImage, RawImage } from "../../image/types.js";
import { classIndexOf } from "../class-index.js";
import type { Device } from "../device.js";
import type { ImageInput } from "../image-input.js";
import { checkMaskedBatch } from "../mask-feeds.js";
import type { CollectPass, Network } from "../network.js";
import type { DeviceTrial } from "../place.js";
import { probePicture, provenOn } from "../prove-device.js";
import { checkBatch } from "../tensor-checks.js";
import type { Control, LayerInfo, MaskedBatch, ModelInfo, Target } from "../types.js";
import type { DecodeOptions, Decoder } from "./decoding.js";
import type { BoxCorners, ClassLayer, DetectedObject, Detection, DetectionModel } from "./types.js";

export interface DetectorParts {
  readonly network: Network;
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly imageInput: ImageInput;
  readonly decoder: Decoder;
  readonly decoding: DecodeOptions;
  /** Objects below are not listed by `detect`, 0…1. */
  readonly confidence: number;
  readonly classLayers: readonly ClassLayer[];
}

/** A detector whose sessions live in one thread. */
export class Detector implements DetectionModel {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly network: Network;
  readonly #parts: DetectorParts;

  constructor(parts: DetectorParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.labels = parts.labels;
    this.network = parts.network;
  }

  async detect(image: ImageSource, control: Control = {}): Promise<DetectedObject[]> {
    const prepared = await this.prepare(image, control);
    const [objects] = await this.run(prepared.tensor, control);
    const { view } = prepared;
    const { width, height } = this.info.input;
    const place = ([x1, y1, x2, y2]: BoxCorners): BoxCorners => [
      view.x + (x1 * view.width) / width,
      view.y + (y1 * view.height) / height,
      view.x + (x2 * view.width) / width,
      view.y + (y2 * view.height) / height,
    ];
    return this.listed(objects).map((object, index) => ({
      ...object,
      index,
      box: place(object.box),
      name: this.nameOf(object.label),
    }));
  }

  /** @internal For callers that no compiler warns. */
  predict(): Promise<never> {
    return Promise.reject(
      new SightlineError("not-supported", "a detector predicts no class of a whole picture", {
        next: "use model.detect(image), or load a classifier without task",
      }),
    );
  }

  listed(objects: readonly Detection[]): Detection[] {
    return objects.filter(({ score }) => score >= this.#parts.confidence);
  }

  nameOf(label: number): string {
    return this.labels[label] ?? `class ${label}`;
  }

  async run(input: Tensor, { signal }: Control = {}): Promise<Detection[][]> {
    const count = checkBatch(input, this.info.input, "the input");
    const { objects, collect } = this.#objects(count);
    await this.network.forward(input, { layers: [], signal }, collect);
    return objects;
  }

  async masked(batch: MaskedBatch, control: Control = {}): Promise<Detection[][]> {
    const { objects, collect } = this.#objects(checkMaskedBatch(batch));
    await this.network.masked(batch, control, collect);
    return objects;
  }

  activations(
    input: Tensor,
    layers: readonly string[],
    { signal }: Control = {},
  ): Promise<ReadonlyMap<string, Tensor>> {
    checkBatch(input, this.info.input, "the input");
    return this.network.forward(input, { layers, signal }, () => {});
  }

  layers(): readonly LayerInfo[] {
    return this.network.layers;
  }

  classLayers(): readonly ClassLayer[] {
    return this.#parts.classLayers;
  }

  prepare(image: ImageSource, control: Control = {}): Promise<PreparedImage> {
    return this.#parts.imageInput.prepare(image, control);
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

  classIndex(target: Target): number {
    return classIndexOf(target, this.labels, this.info.classes);
  }

  /**
   * The same model on another device, beside this one.
   * @throws SightlineError `not-supported` where it does not give the same answers there
   */
  async onDevice(device: Device, options: DeviceTrial = {}): Promise<Detector> {
    const { tensor: input } = await this.prepare(probePicture(), { signal: options.signal });
    const { network, note } = await provenOn(this.network, device, { input, ...options });
    const { threads } = network.host;
    const info = { ...this.info, device, threads, notes: [...this.info.notes, note] };
    return new Detector({ ...this.#parts, network, info });
  }

  /** @internal This model with one more note; it takes its place. */
  noted(note: string): Detector {
    return new Detector({ ...this.#parts, info: { ...this.info, notes: [...this.info.notes, note] } });
  }

  close(): Promise<void> {
    return this.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lists of objects for so many images, and what fills them in pass by pass. */
  #objects(count: number): { objects: Detection[][]; collect: CollectPass } {
    const { decoder, decoding, info } = this.#parts;
    const { outputs } = this.network;
    const objects: Detection[][] = Array.from({ length: count }, () => []);
    const collect: CollectPass = (pass) => {
      for (let row = 0; row < pass.count; row++) {
        objects[pass.start + row] = decoder.decode(pass.row(row, outputs), info.input, decoding);
      }
    };
    return { objects, collect };
  }
}
