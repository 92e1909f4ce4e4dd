import { SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import type { ImageSource, PreparedImage } from "../../image/types.js";
import { type ClassPlanes, scorePlanes, withRegionScores } from "../../onnx/region-scores.js";
import { findAttentions } from "../attentions.js";
import { noClassifier } from "../check-model.js";
import { classIndexOf } from "../class-index.js";
import { Classifier } from "../classifier.js";
import type { Device } from "../device.js";
import type { ImageInput } from "../image-input.js";
import { findLayers } from "../layers.js";
import type { SupportOf } from "../model-info.js";
import { Network } from "../network.js";
import type { DeviceTrial } from "../place.js";
import { probePicture, provenOn } from "../prove-device.js";
import { SessionHost } from "../session.js";
import type { Control, LayerInfo, ModelInfo, Target } from "../types.js";
import { regionNote } from "./region-note.js";
import { regionWeights } from "./region-weights.js";
import { segmentationOf } from "./segmentation.js";
import type { RegionTarget, Segmentation, SegmentationModel } from "./types.js";

/** Everything a segmentation model is made of. */
export interface SegmenterParts {
  readonly network: Network;
  readonly planes: ClassPlanes;
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly imageInput: ImageInput;
  readonly support: SupportOf;
}

/** A segmentation model whose sessions live in one thread. */
export class Segmenter implements SegmentationModel {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly #parts: SegmenterParts;

  constructor(parts: SegmenterParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.labels = parts.labels;
  }

  async segment(image: ImageSource, { signal }: Control = {}): Promise<Segmentation> {
    const { tensor } = await this.prepare(image, { signal });
    const { network, planes } = this.#parts;
    let scores: Tensor | undefined;
    await network.forward(tensor, { layers: [], signal }, (pass) => {
      scores = pass.row(0, [planes.name])[planes.name];
    });
    return segmentationOf(scores as Tensor, planes.axis, this);
  }

  async classifierOf(image: ImageSource, target: RegionTarget, control: Control = {}): Promise<Classifier> {
    const index = this.classIndex(target?.label);
    const { region = "predicted" } = target;
    if (region !== "predicted") return this.#classifierOf(region, "target area");
    const segmentation = await this.segment(image, control);
    const area = segmentation.area(index);
    if (area.mask.includes(1)) return this.#classifierOf(area, "predicted area");
    throw new SightlineError("bad-config", `the model sees no '${this.labels[index]}' on this picture`, {
      received: target.label,
      expected: `one of ${segmentation.areas.map(({ label }) => label).join(", ")}, or a region`,
      next: "say where with region: { x, y, width, height }",
    });
  }

  /** @internal For callers that no compiler warns. */
  predict(): Promise<never> {
    return Promise.reject(noClassifier("segmentation"));
  }

  /** @internal For callers that no compiler warns. */
  run(): Promise<never> {
    return Promise.reject(noClassifier("segmentation"));
  }

  layers(): readonly LayerInfo[] {
    return this.#parts.network.layers;
  }

  prepare(image: ImageSource, control: Control = {}): Promise<PreparedImage> {
    return this.#parts.imageInput.prepare(image, control);
  }

  classIndex(target: Target): number {
    return classIndexOf(target, this.labels, this.info.classes);
  }

  /**
   * The same model on another device, beside this one.
   * @throws SightlineError `not-supported` where it does not give the same answers there
   */
  async onDevice(device: Device, options: DeviceTrial = {}): Promise<Segmenter> {
    const { tensor: input } = await this.prepare(probePicture(), { signal: options.signal });
    const { network, note } = await provenOn(this.#parts.network, device, { input, ...options });
    const { threads } = network.host;
    return new Segmenter({
      ...this.#parts,
      network,
      info: { ...this.info, device, threads, notes: [...this.info.notes, note] },
    });
  }

  /** @internal This model with one more note; it takes its place. */
  noted(note: string): Segmenter {
    return new Segmenter({ ...this.#parts, info: { ...this.info, notes: [...this.info.notes, note] } });
  }

  close(): Promise<void> {
    return this.#parts.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #classifierOf(region: Exclude<RegionTarget["region"], string | undefined>, area: string): Promise<Classifier> {
    const { network, planes, imageInput, support } = this.#parts;
    const { dims } = planes.shape;
    const [rows, columns] = planes.axis === 1 ? [dims[2], dims[3]] : [dims[1], dims[2]];
    const weights = regionWeights(region, columns, rows);
    const { graph, scores, shapes: added } = withRegionScores(network.graph, planes, weights);
    const shapes = new Map([...network.shapes, ...added]);
    const { input, batch } = network;
    const layers = featureLayers(network, planes.name);
    const { task: _, ...facts } = this.info;
    const info: ModelInfo = {
      ...facts,
      scores,
      activation: "none",
      probabilities: planes.activation === "none" ? facts.probabilities : planes.activation,
      attentions: findAttentions(graph, input.name, shapes, layers),
      notes: [...facts.notes, regionNote(region, area)],
    };
    const host = new SessionHost({
      threads: network.host.threads,
      isolation: network.host.isolation,
      device: network.host.device,
    });
    try {
      const forward = await host.open(graph);
      return new Classifier({
        network: new Network({ host, graph, forward, shapes, outputs: [scores], batch, input, layers }),
        labels: this.labels.map((label) => `${label} (${area})`),
        info: { ...info, methods: support(info, layers) },
        imageInput,
      });
    } catch (error) {
      await host.close();
      throw error;
    }
  }
}

/** Layers of features, best first: those before any scores. */
export function featureLayers(
  { graph, input, shapes, batch }: Pick<Network, "graph" | "input" | "shapes" | "batch">,
  planes: string,
): LayerInfo[] {
  const scores = scorePlanes(graph, planes);
  return findLayers(graph, input, planes, shapes, batch).filter(({ name }) => !scores.has(name));
}
