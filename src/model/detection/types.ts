import type { BoxCorners } from "../../core/box.js";
import type { Tensor } from "../../core/tensor.js";
import type { ImageSource, PreparedImage, RawImage } from "../../image/types.js";
import type { Control, LayerInfo, MaskedBatch, ModelInfo, Target } from "../types.js";

export type { BoxCorners };

/** One object that a detector found. */
export interface Detection {
  readonly box: BoxCorners;
  /** Index of the class. */
  readonly label: number;
  /** 0…1 */
  readonly score: number;
  /** Of every class, where the detector gives them. */
  readonly probabilities?: Float32Array;
  /** That there is any object, 0…1, where the detector gives it. */
  readonly objectness?: number;
}

/** An object on a picture: what to explain is said by its index. Boxes are in the picture's pixels. */
export interface DetectedObject extends Detection {
  readonly index: number;
  readonly name: string;
}

/** Every output of one image, float32, by name. */
export type DetectorOutputs = Readonly<Record<string, Tensor>>;

/** What a user's own decoding gives: parallel lists, boxes in pixels of the model's input. */
export interface DecodedBoxes {
  readonly boxes: readonly (readonly number[])[];
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** An object detector, loaded and ready; the same work behind the same worker as for a classifier. */
export interface DetectionModel extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  /** Objects on a picture, most confident first. */
  detect(image: ImageSource, options?: Control): Promise<DetectedObject[]>;
  /** Those confident enough to be listed, most confident first: the indices by which objects are explained. */
  listed(objects: readonly Detection[]): Detection[];
  nameOf(label: number): string;
  /** Objects on each of a batch of inputs, boxes in pixels of the input. */
  run(input: Tensor, options?: Control): Promise<Detection[][]>;
  /** Objects on perturbed copies of the input. */
  masked(batch: MaskedBatch, options?: Control): Promise<Detection[][]>;
  /** Inner tensors of one input, by name. */
  activations(input: Tensor, layers: readonly string[], options?: Control): Promise<ReadonlyMap<string, Tensor>>;
  /** Tensors with rows and columns, by whichever scale. */
  layers(): readonly LayerInfo[];
  /** The layers that hold class scores, one a scale, finest first; empty where they cannot be told. */
  classLayers(): readonly ClassLayer[];
  prepare(image: ImageSource, options?: Control): Promise<PreparedImage>;
  /** The picture at the model's resolution. */
  pixels(prepared: PreparedImage): Promise<RawImage>;
  fill(colour: readonly [number, number, number]): Tensor;
  batchSize(): Promise<number>;
  /** Index of a class. @throws SightlineError `unknown-label`, `index-out-of-range` */
  classIndex(target: Target): number;
  close(): Promise<void>;
}

/** A map of class scores before their activation, [1, anchors · (skip + classes), rows, columns]. */
export interface ClassLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly anchors: number;
  /** Channels before each anchor's classes: box and objectness where one layer holds them all. */
  readonly skip: number;
}
