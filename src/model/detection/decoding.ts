import { SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import type { InputGeometry } from "../types.js";
import type { UltralyticsFacts } from "../ultralytics.js";
import { suppress } from "./nms.js";
import type { BoxCorners, Detection, DetectorOutputs } from "./types.js";

/** Confidence from which objects are listed unless the caller says otherwise. */
export const LISTED_FROM = 0.25;

export interface DecodeOptions {
  /** Objects below are left out, 0…1. */
  readonly confidence: number;
  /** Boxes of one label that overlap more (IoU) are the same object; for decoders with suppression of their own. */
  readonly overlap: number;
  /** Objects kept at most. */
  readonly limit: number;
  /** Number of classes, where it is known; follows from the shapes when absent. */
  readonly classes?: number;
}

/** What is known of a detector beside its outputs. */
export interface DetectorFacts {
  readonly input?: InputGeometry;
  /** Names of classes that the file holds. */
  readonly names?: number;
  /** Labels that the caller gave. */
  readonly labels?: number;
  readonly ultralytics?: UltralyticsFacts;
}

/** How a detector's outputs for one image become objects, boxes in pixels of the model's input. */
export interface Decoder {
  readonly name: string;
  /** Half a sentence for errors and documents. */
  readonly outputs: string;
  /** Whether it fits outputs of these names and shapes (at batch 1). */
  fits(outputs: DetectorOutputs, facts?: DetectorFacts): boolean;
  /** Number of classes, where the shapes tell it. */
  classes(outputs: DetectorOutputs, facts?: DetectorFacts): number | undefined;
  /** Columns of masks, keypoints or angles, which are not read. */
  unread?(outputs: DetectorOutputs, facts?: DetectorFacts): number;
  decode(outputs: DetectorOutputs, input: InputGeometry, options: DecodeOptions): Detection[];
}

export const tensorsOf = (outputs: DetectorOutputs) => Object.entries(outputs);

/** The output whose name has one of some words, or that a test of its shape picks alone. */
export function find(outputs: DetectorOutputs, words: RegExp, test: (tensor: Tensor) => boolean): Tensor | undefined {
  const fitting = tensorsOf(outputs).filter(([, tensor]) => test(tensor));
  return fitting.find(([name]) => words.test(name))?.[1] ?? (fitting.length === 1 ? fitting[0][1] : undefined);
}

/** Rows of a matrix of known width, whatever ones stand before. */
export function rows(tensor: Tensor, width: number): Float32Array[] {
  return Array.from({ length: tensor.data.length / width }, (_, i) => tensor.data.subarray(i * width, (i + 1) * width));
}

export const fromCentre = (x: number, y: number, width: number, height: number): BoxCorners => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export function softmax(values: Float32Array): Float32Array {
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

export const byScore = (objects: Detection[], { limit }: DecodeOptions) =>
  objects.sort((a, b) => b.score - a.score).slice(0, limit);

/** Boxes that never leave 0…1 (with a margin for those that stick out) are shares of the picture. */
export function inPixels(
  boxes: readonly ArrayLike<number>[],
  { width, height }: InputGeometry,
): (box: BoxCorners) => BoxCorners {
  const shares = boxes.every((box) => [0, 1, 2, 3].every((i) => Math.abs(box[i]) <= 2));
  return ([x1, y1, x2, y2]) => (shares ? [x1 * width, y1 * height, x2 * width, y2 * height] : [x1, y1, x2, y2]);
}

/** Rows of a raw head as objects: the best class of each, suppressed. */
export function fromHead(
  anchors: Iterable<{ box: () => BoxCorners; probabilities: Float32Array; objectness?: number }>,
  options: DecodeOptions,
): Detection[] {
  const objects: Detection[] = [];
  for (const { box, probabilities, objectness } of anchors) {
    const label = largest(probabilities);
    const score = probabilities[label] * (objectness ?? 1);
    if (!(score >= -SLACK && score <= 1 + SLACK)) throw noScore(score);
    if (score >= options.confidence) objects.push({ box: box(), label, score, probabilities, objectness });
  }
  return suppress(objects, options);
}

/** Rounding takes probabilities no further beyond 0 and 1. */
const SLACK = 1e-3;

function noScore(score: number): SightlineError {
  return new SightlineError("not-supported", `the detector's outputs give a score of ${Number(score.toPrecision(4))}`, {
    received: score,
    expected: "scores from 0 to 1",
    next: "give labels, so that columns of masks, keypoints or angles are told from classes, or a postprocess function",
  });
}
