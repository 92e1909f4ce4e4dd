import { SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { ImageSource, RawImage } from "../image/types.js";
import { sameLabelSimilarity, similarities } from "../methods/detector-subject.js";
import { supportOf } from "../methods/registry.js";
import { checkModel } from "../model/check-model.js";
import { classIndexOf } from "../model/class-index.js";
import { isDetector } from "../model/detection/is-detector.js";
import type { Detection, DetectionModel } from "../model/detection/types.js";
import { topPredictions } from "../model/ranking.js";
import type { Control, Gradients, MaskedBatch, Model, ModelInfo, Observation, Target } from "../model/types.js";

/**
 * A detector as a classifier of what it finds on one picture: its classes are the objects that `detect` lists, in that
 * order, and their probabilities say how well each is still found (IoU · confidence of the best box of the same label,
 * 0…1; on the picture itself the confidence). `testClaim`, `evaluate`, `compare` and the widgets ask a detector so.
 * Closing it leaves the detector open.
 * @example
 * await using detector = await loadModel("detector.onnx", { task: "detection" });
 * const boxes = await boxesAsClasses(detector, "street.png");
 * const explanation = await explain(detector, "street.png", { targets: { box: 0 } });
 * const region = topRegion(explanation.map(), 0.1, boxes.info.input);
 * describeClaim(await testClaim(boxes, "street.png", region, { target: 0 }));
 * @throws SightlineError `bad-config` for a classifier, `not-supported` where nothing is found on the picture
 */
export async function boxesAsClasses(
  detector: DetectionModel,
  image: ImageSource,
  { signal }: Control = {},
): Promise<Model> {
  checkModel(detector);
  if (!isDetector(detector)) {
    throw new SightlineError("bad-config", "boxesAsClasses got a classifier", {
      received: (detector as Model).info.name,
      expected: "a detector, loaded with task: 'detection'",
      next: "give a classifier itself to what asks it",
    });
  }
  const prepared = await detector.prepare(image, { signal });
  const [found] = await detector.run(prepared.tensor, { signal });
  return new BoxClasses(detector, objectsOf(detector, found));
}

/** What a detector lists of what it found. @throws SightlineError `not-supported` where that is nothing */
export function objectsOf(detector: DetectionModel, found: readonly Detection[]): Detection[] {
  const objects = detector.listed(found);
  if (objects.length > 0) return objects;
  throw new SightlineError("not-supported", "the detector finds nothing on this picture", {
    expected: "at least one object",
    next: "load it with a lower confidence",
  });
}

class BoxClasses implements Model {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly #detector: DetectionModel;
  readonly #objects: readonly Detection[];

  constructor(detector: DetectionModel, objects: readonly Detection[]) {
    const { task: _, ...facts } = detector.info;
    const info = { ...facts, classes: objects.length, noGradients: "boxes are chosen among others" };
    this.info = { ...info, methods: supportOf(info, []) };
    this.labels = objects.map(({ label }) => detector.nameOf(label));
    this.#detector = detector;
    this.#objects = objects;
  }

  layers(): readonly [] {
    return [];
  }

  async predict(image: ImageSource, { top = 5, signal }: { top?: number } & Control = {}) {
    const { tensor } = await this.prepare(image, { signal });
    return topPredictions(this.labels, (await this.run(tensor, { signal })).data, top);
  }

  async run(input: Tensor, control?: Control): Promise<Tensor> {
    return similarities(this.#objects, await this.#detector.run(input, control), sameLabelSimilarity);
  }

  async masked(batch: MaskedBatch, control?: Control): Promise<Tensor> {
    return similarities(this.#objects, await this.#detector.masked(batch, control), sameLabelSimilarity);
  }

  async observe(input: Tensor, { layers, signal }: { layers: readonly string[] } & Control): Promise<Observation> {
    const scores = await this.run(input, { signal });
    return { scores, activations: await this.#detector.activations(input, layers, { signal }) };
  }

  gradient(): Promise<Gradients> {
    return Promise.reject(new SightlineError("not-supported", "there are no gradients of a detector's boxes"));
  }

  probabilities(scores: Tensor): Tensor {
    return scores;
  }

  logits(scores: Tensor): Tensor {
    return scores;
  }

  classIndex(target: Target): number {
    return classIndexOf(target, this.labels, this.info.classes);
  }

  prepare(image: ImageSource, control?: Control) {
    return this.#detector.prepare(image, control);
  }

  pixels(prepared: Parameters<Model["pixels"]>[0]): Promise<RawImage> {
    return this.#detector.pixels(prepared);
  }

  fill(colour: Parameters<Model["fill"]>[0]): Tensor {
    return this.#detector.fill(colour);
  }

  batchSize(): Promise<number> {
    return this.#detector.batchSize();
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
