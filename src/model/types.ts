import type { Tensor } from "../core/tensor.js";
import type { Fit, Resize } from "../image/geometry.js";
import type { Interpolation } from "../image/interpolation.js";
import type { ImageSource, PreparedImage, RawImage } from "../image/types.js";
import type { Composite } from "../onnx/autodiff/relevance/composite.js";
import type { ReluRule } from "../onnx/autodiff/relu-rule.js";
import type { Activation, Probabilities } from "../onnx/final-activation.js";
import type { Graph } from "../onnx/graph.js";
import type { Device } from "../platform/devices.js";
import type { LabelSource } from "./labels.js";

/** Where work can be watched and stopped; the same three options everywhere. */
export interface Control {
  /** Stops the work within one batch; the promise rejects with `aborted`. */
  signal?: AbortSignal;
}

/** A class as the model knows it, with how probable it holds it to be (0…1). */
export interface Prediction {
  readonly index: number;
  readonly label: string;
  readonly probability: number;
  /** Of a detector's object: left, top, right and bottom in the explained picture's pixels. */
  readonly box?: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** Cells of a grid over the model's view, row by row from the top left: 1 inside and 0 outside. */
export interface AreaMask {
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A class by its index or its label. */
export type Target = number | string;

/** How an image tensor lies in memory. */
export type Layout = "nchw" | "nhwc";

/** Dimensions of a model's image input, batch left out. */
export interface InputGeometry {
  readonly name: string;
  readonly layout: Layout;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Preprocessing as data: the picture is scaled, cut and padded, then (value · scale − mean) / std for each channel. */
export interface PreprocessData {
  /** The model's input in pixels, one number for a square or [height, width]; must agree with the graph where that says. */
  readonly size?: number | readonly [number, number];
  /** "shortest-N" makes the short side N pixels and cuts the centre out; "letterbox" pads; default "exact". */
  readonly resize?: Resize;
  readonly crop?: "center";
  /** Default "bilinear", which is Pillow's, torchvision's and timm's. */
  readonly interpolation?: Interpolation;
  /** One value, or one a channel (an alpha channel, which is opaque, may be left out); default 0. */
  readonly mean?: number | readonly number[];
  /** One value, or one a channel; default 1. */
  readonly std?: number | readonly number[];
  /**
   * What a byte is multiplied with first: one value, or one a channel; default 1/255. Inputs of whole numbers get bytes
   * (int8: bytes − 128) unless mean, std or scale say otherwise.
   */
  readonly scale?: number | readonly number[];
  /** Order of the model's channels; default "rgb". */
  readonly channels?: "rgb" | "bgr" | "grey";
  readonly layout?: Layout;
  /** Colour around a padded picture, 0…255: one level, or red, green and blue; default black. */
  readonly padding?: number | readonly [number, number, number];
  /** Where a padded picture lies; "top-left" pads to the right and below. Default "center". */
  readonly align?: Fit["align"];
}

/** A named tensor of the graph's surface; -1 stands for a free dimension. */
export interface PortInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
}

/** How channels, rows and columns lie in a layer; `offset` tokens (class, registers) stand before the patches. */
export interface LayerGeometry {
  readonly layout: Layout | "tokens";
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly offset: number;
}

/** An inner tensor that can serve as target layer. */
export interface LayerInfo {
  /** The tensor's name in the graph; what `targetLayer` takes. */
  readonly name: string;
  /** "feature-map" lies in rows and columns, "tokens" in a sequence that stands for patches. */
  readonly kind: "feature-map" | "tokens";
  /** Shape at batch 1. */
  readonly shape: readonly number[];
  readonly geometry: LayerGeometry;
  /** The operator that makes it. */
  readonly operator: string;
}

/** Whether a method can explain this model, and why not. */
export interface MethodSupport {
  readonly method: string;
  readonly supported: boolean;
  readonly reason?: string;
}

/** What is known of a model: its file, its inputs and outputs, and what each method can do with it. */
export interface ModelInfo {
  /** Absent for classifiers. */
  readonly task?: "detection" | "segmentation";
  readonly name: string;
  readonly format: "onnx" | "openvino-ir";
  /** Of the file's bytes (weights beside it included), hex. */
  readonly sha256: string;
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly input: InputGeometry;
  readonly classes: number;
  /** The output that the scores are read from; absent where a postprocess function makes them. */
  readonly scores?: string;
  readonly opset: number;
  /** Operator → how many nodes. */
  readonly operators: Readonly<Record<string, number>>;
  /** What the raw scores are ("none": logits) and how probabilities come from them. */
  readonly activation: Activation;
  /** How scores become probabilities; differs from `activation` where the graph ends in logits. */
  readonly probabilities: Probabilities;
  /** Attention matrices [n, heads, tokens, tokens], first block first, where the graph has any. */
  readonly attentions?: readonly string[];
  /** Why there are no gradients, where that is known beforehand: "a postprocess function makes the scores". */
  readonly noGradients?: string;
  readonly methods: readonly MethodSupport[];
  /** What it runs on: "cpu" or "webgpu". */
  readonly device: Device;
  readonly threads: number;
  /** How pictures are prepared, given, found or assumed; absent where a function does it. */
  readonly preprocess?: PreprocessData;
  readonly notes: readonly string[];
}

/**
 * Masks over the rows and columns of one tensor, `count` of them, values any real numbers (usually 0…1):
 * - `separable`: mask = left · right, left [count, height, rank], right [count, rank, width]
 * - `segments`: mask[p] = weights[labels[p]], labels [height · width], weights [count, segments]
 * - `dense`: data [count, height · width]
 * - `parts`: no masks over places, but weights [count, parts] of several deltas, whose sum is added to the base
 */
export type Masks =
  | { readonly kind: "separable"; readonly rank: number; readonly left: Float32Array; readonly right: Float32Array }
  | {
      readonly kind: "segments";
      readonly segments: number;
      readonly labels: Int32Array;
      readonly weights: Float32Array;
    }
  | { readonly kind: "dense"; readonly data: Float32Array }
  | { readonly kind: "parts"; readonly weights: Float32Array };

/** A batch of perturbed copies of one tensor: base + mask · delta, or base + Σ weight · delta over `parts`. */
export interface MaskedBatch {
  /** The tensor that is perturbed: the model's input when absent, else an inner one by name (only the head is run). */
  readonly layer?: string;
  /** What is left where a mask is 0, batch 1, shaped as the tensor that is perturbed; 0 when absent. */
  readonly base?: Tensor;
  /** Batch 1, shaped as the tensor that is perturbed; of `parts` a row for each. */
  readonly delta: Tensor;
  readonly count: number;
  readonly masks: Masks;
}

/** One forward pass, watched. */
export interface Observation {
  /** Raw scores, [n, classes]. */
  readonly scores: Tensor;
  /** Inner tensors by name. */
  readonly activations: ReadonlyMap<string, Tensor>;
  /** What the runtime took for it. */
  readonly milliseconds?: number;
}

/** Layer-wise relevance instead of gradients: Σ target · score is handed down to the tensors asked for, rule by rule. */
export interface RelevanceRequest {
  readonly composite: Composite;
  /** Relevance passes this inner tensor element by element, each times its weight: [elements], or [n, elements]. */
  readonly through?: { readonly layer: string; readonly weights: Float32Array };
}

/** Which gradient of {@link Model.gradient}: of what, with respect to what. */
export interface GradientRequest extends Control {
  /** The score: one class, or a weighted sum of raw scores per image, [n, classes] or [classes]. */
  readonly target: number | Float32Array;
  /** Differentiate probabilities instead of raw scores. */
  readonly score?: "logit" | "probability";
  /** The inner tensor whose elements `target` weighs (one weight an element, per image or for all); raw scores when absent. */
  readonly of?: string;
  /** Tensors to differentiate with respect to; the model's input when absent. */
  readonly layers?: readonly string[];
  readonly relu?: ReluRule;
  /** Relevance in place of gradients; of raw scores before a final softmax or sigmoid, whatever `score` says. */
  readonly relevance?: RelevanceRequest;
}

/**
 * What {@link Model.gradient} gives: raw scores [n, classes], gradients (or relevance) and values of the tensors asked for,
 * each shaped like its tensor.
 */
export interface Gradients {
  readonly scores: Tensor;
  /** d score / d tensor, per image, by name (`MODEL_INPUT` for the model's input). */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Values of the tensors asked for. */
  readonly activations: ReadonlyMap<string, Tensor>;
  /** With `relevance`: Σ target · score per image, which is what was handed down. */
  readonly start?: Float32Array;
}

/** Options of `model.prepare`. */
export interface PrepareImageOptions extends Control {
  /**
   * "fast" decodes a JPEG file that is at least four times as large as the model needs it at ½, ¼ or ⅛ of its size, which
   * takes a photograph of 12 megapixels less than half of the work and changes the model's input a little; the picture's
   * notes say so. Other files are decoded as by "full", the default.
   */
  decode?: "full" | "fast";
}

/** An image classifier, loaded and ready. All work runs in a worker thread, in batches; see {@link Control}. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  /** How its explanations are drawn unless the reader says otherwise (Google's `explanation_metadata.json`). */
  readonly viewConfig?: Readonly<Record<string, unknown>>;
  /** Candidates for a target layer, best first. */
  layers(): readonly LayerInfo[];
  predict(image: ImageSource, options?: { top?: number } & Control): Promise<Prediction[]>;
  /** Raw scores [n, classes] of a batch of inputs. */
  run(input: Tensor, options?: Control): Promise<Tensor>;
  close(): Promise<void>;

  /** Index of a target. @throws SightlineError `unknown-label`, `index-out-of-range` */
  classIndex(target: Target): number;
  /** Probabilities of raw scores, row by row. */
  probabilities(scores: Tensor): Tensor;
  /** Logits of raw scores, row by row: the scores themselves, or their logarithm (softmax) or log-odds (sigmoid). */
  logits(scores: Tensor): Tensor;
  /** Decodes and preprocesses a picture. */
  prepare(image: ImageSource, options?: PrepareImageOptions): Promise<PreparedImage>;
  /** The model's input as pixels, for methods that look at colours: the inverse of preprocessing, 0…255. */
  pixels(prepared: PreparedImage): Promise<RawImage>;
  /** What a picture of one colour is as model input; `[r, g, b]` 0…255, broadcast over the picture. Batch 1. */
  fill(colour: readonly [number, number, number]): Tensor;
  /** The batch size at which images pass fastest, measured once. */
  batchSize(): Promise<number>;
  /** One pass that also returns inner tensors. */
  observe(input: Tensor, options: { layers: readonly string[] } & Control): Promise<Observation>;
  /** Raw scores [count, classes] of perturbed copies; masks are applied inside the graph. */
  masked(batch: MaskedBatch, options?: Control): Promise<Tensor>;
  /** Gradients by reverse-mode differentiation of the graph. */
  gradient(input: Tensor, request: GradientRequest): Promise<Gradients>;
  /**
   * The same model with other weights, to be closed on its own: `change` edits a copy of the graph, whose surface and
   * shapes must stay. Absent where there is no graph.
   */
  edited?(change: (graph: Graph) => void): Promise<Model>;
  /**
   * The same model once more, to be closed on its own: it computes beside this one, on so many cores. Several of one
   * core each do more pictures in a time than one that shares out each pass, which answers sooner. On another device it
   * must give this model's answers. Absent where there is no graph.
   * @throws SightlineError `not-supported` for a device that cannot be had, or gives other answers
   */
  replica?(threads: number, device?: Device): Promise<Model>;
}

/** A model that was trained here, and can be kept. */
export interface TrainedModel extends Model {
  /**
   * Writes an ONNX file that also holds the labels and how pictures are prepared: `loadModel` needs nothing else.
   * @throws SightlineError `not-supported` where a function prepares the pictures, `write-failed`
   */
  save(path: string): Promise<void>;
}

/** Options of {@link ZeroShotModel.withLabels}. */
export interface LabelOptions extends Control {
  /** Other prompts than those that the model has. */
  prompts?: readonly string[];
}

/** A classifier whose classes are words: its last layer holds their embeddings. */
export interface ZeroShotModel extends TrainedModel {
  /**
   * The same encoders with other words, to be closed on its own.
   * @example
   * await using more = await model.withLabels([...model.labels, "a lighthouse at night"]);
   * @throws SightlineError `bad-labels`, `bad-config`, `not-supported` for a model that has no text encoder
   */
  withLabels(labels: LabelSource, options?: LabelOptions): Promise<ZeroShotModel>;
}
