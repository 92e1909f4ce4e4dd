import { iou } from "../core/box.js";
import { SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { ClassLayer, Detection } from "../model/detection/types.js";
import type { ModelInfo } from "../model/types.js";
import type { Subject } from "./method.js";

/** How well what a detector finds on a perturbed copy matches an object of the unperturbed picture, 0…1. */
export type Similarity = (object: Detection, detections: readonly Detection[]) => number;

/**
 * A detector on one picture. Its "classes" are the objects it found there, and its scores say how well each is still
 * found, so that every method that looks at scores alone explains boxes too.
 */
export interface DetectorSubject extends Subject {
  /** Everything found on the unperturbed picture, boxes in pixels of the model's input; `targets` are indices of it. */
  readonly objects: readonly Detection[];
  /** Number of the detector's classes, 0 where that is not known; `classes` is the number of objects. */
  readonly labels: number;
  /** Layers with class scores, one a scale; empty where they cannot be told. */
  readonly classLayers: readonly ClassLayer[];
  /** How a layer's channels divide into anchors of the detector's classes; undefined where they do not. */
  anchorsOf(channels: number): Pick<ClassLayer, "anchors" | "skip"> | undefined;
  /** The same subject with another score. */
  scoredBy(similarity: Similarity): DetectorSubject;
}

export function isDetectorSubject(subject: Subject): subject is DetectorSubject {
  return "objects" in subject;
}

/** @throws SightlineError `not-supported` for classifiers */
export function asDetector(subject: Subject, method: string): DetectorSubject {
  if (isDetectorSubject(subject)) return subject;
  throw new SightlineError("not-supported", `${method} explains the boxes of detectors`, {
    received: `the classifier ${subject.info.name}`,
    next: "load a detector with task: 'detection', or use rise or aise",
  });
}

/** Reason for methods that explain boxes only; undefined for detectors. */
export function needsDetector(model: ModelInfo): string | undefined {
  return model.task === "detection" ? undefined : "it explains the boxes of detectors";
}

/** IoU · confidence of the best box of the same label. OpenVINO XAI 1.1, AISE for detectors. */
export const sameLabelSimilarity: Similarity = ({ box, label }, detections) =>
  detections.reduce(
    (best, other) => (other.label === label ? Math.max(best, iou(box, other.box) * other.score) : best),
    0,
  );

/** How well each object is found again on each of several copies, [copies, objects]. */
export function similarities(
  objects: readonly Detection[],
  copies: readonly (readonly Detection[])[],
  similarity: Similarity,
): Tensor {
  return {
    data: Float32Array.from(copies.flatMap((found) => objects.map((object) => similarity(object, found)))),
    dims: [copies.length, objects.length],
  };
}

/** IoU · cosine of the class probabilities · objectness, the best of all boxes. D-RISE, eq. 4. */
export const dRiseSimilarity: Similarity = (object, detections) =>
  detections.reduce((best, other) => {
    const shared = iou(object.box, other.box);
    return shared === 0 ? best : Math.max(best, shared * cosine(object, other) * (other.objectness ?? other.score));
  }, 0);

/** Of the class probabilities; where a detector gives only its best class, 1 for the same label and 0 for another. */
function cosine(a: Detection, b: Detection): number {
  if (!a.probabilities || !b.probabilities) return a.label === b.label ? 1 : 0;
  let [product, first, second] = [0, 0, 0];
  a.probabilities.forEach((value, i) => {
    const other = b.probabilities?.[i] ?? 0;
    product += value * other;
    first += value * value;
    second += other * other;
  });
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : 0;
}
