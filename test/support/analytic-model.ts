import { SightlineError } from "../../src/core/errors.js";
import { isTensor, sizeOf, type Tensor } from "../../src/core/tensor.js";
import type { ImageSource, PreparedImage, RawImage } from "../../src/image/types.js";
import type { Gradients, Model, ModelInfo, Prediction } from "../../src/model/types.js";
import { perturbed, softmax, split } from "./analytic-subject.js";

export interface AnalyticModelOptions {
  readonly width: number;
  readonly height: number;
  readonly labels: readonly string[];
  /** "softmax" (the default), "sigmoid", or "as given" where scores are probabilities already. */
  readonly probabilities?: ModelInfo["probabilities"];
  /** Raw scores of one picture, [3 · height · width] of 0…1, channel by channel. */
  score(image: Float32Array): readonly number[];
  /** d Σ seed·score / d image; without it `gradient` is refused. */
  gradient?(image: Float32Array, seed: Float32Array): Float32Array;
}

/** A {@link Model} that is a function with a known answer, without a file or a worker; `passes` counts pictures. */
export type AnalyticModel = Model & { passes: number };

/** The input is the picture's own pixels, 0…1, nchw; pictures of another size are refused. */
export function analyticModel(options: AnalyticModelOptions): AnalyticModel {
  const { width, height, labels, probabilities = "softmax", score } = options;
  const size = width * height;
  const dims = [1, 3, height, width];
  const info: ModelInfo = {
    name: "analytic",
    format: "onnx",
    sha256: "0".repeat(64),
    inputs: [{ name: "image", type: "float32", dims: [-1, 3, height, width] }],
    outputs: [{ name: "scores", type: "float32", dims: [-1, labels.length] }],
    input: { name: "image", layout: "nchw", channels: 3, height, width },
    classes: labels.length,
    opset: 17,
    operators: {},
    activation: "none",
    probabilities,
    methods: [],
    device: "cpu",
    threads: 1,
    notes: [],
  };
  const scored = (images: readonly Float32Array[]): Tensor => {
    model.passes += images.length;
    return {
      data: Float32Array.from(images.flatMap((image) => [...score(image)])),
      dims: [images.length, labels.length],
    };
  };
  const toPixels = ({ data }: Tensor): RawImage => ({
    data: Uint8Array.from({ length: size * 3 }, (_, i) =>
      Math.round(255 * Math.min(1, Math.max(0, data[(i % 3) * size + Math.floor(i / 3)]))),
    ),
    width,
    height,
  });
  const prepare = async (image: ImageSource): Promise<PreparedImage> => {
    if (typeof image === "object" && "tensor" in image) return image;
    const tensor = isTensor(image) ? image : fromPixels(image as RawImage, width, height);
    const shown = isTensor(image) ? toPixels(image) : (image as RawImage);
    return {
      tensor,
      picture: { image: shown, name: "analytic", notes: [] },
      view: { x: 0, y: 0, width, height },
    };
  };
  const model: AnalyticModel = {
    passes: 0,
    info,
    labels,
    layers: () => [],
    async predict(image, { top = 5 } = {}): Promise<Prediction[]> {
      const { data } = model.probabilities(await model.run((await prepare(image)).tensor));
      return labels
        .map((label, index) => ({ index, label, probability: data[index] }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, top);
    },
    run: async ({ data, dims: [count] }) => scored(split(data, count)),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
    classIndex(target) {
      const index = typeof target === "number" ? target : labels.indexOf(target);
      if (index in labels) return index;
      throw typeof target === "number"
        ? new SightlineError("index-out-of-range", `there is no class ${target}`, {
            received: target,
            expected: `0 to ${labels.length - 1}`,
          })
        : new SightlineError("unknown-label", `unknown label '${target}'`, { received: target });
    },
    probabilities(scores) {
      if (probabilities === "softmax") return softmax(scores);
      if (probabilities === "as given") return scores;
      return { data: scores.data.map((value) => 1 / (1 + Math.exp(-value))), dims: scores.dims };
    },
    logits: (scores) => scores,
    prepare,
    pixels: async ({ tensor }) => toPixels(tensor),
    fill: (colour) => ({
      data: Float32Array.from({ length: sizeOf(dims) }, (_, i) => colour[Math.floor(i / size)] / 255),
      dims,
    }),
    batchSize: async () => 16,
    observe: async (input) => ({ scores: await model.run(input), activations: new Map() }),
    masked: async (batch) => scored(perturbed(batch, { channels: 3, size })),
    async gradient({ data, dims: [count] }, { target, score: kind }): Promise<Gradients> {
      const { gradient } = options;
      if (!gradient || kind === "probability") throw new Error("this analytic model has no such gradient");
      const images = split(data, count);
      const seeds = images.map((_, n) => {
        if (typeof target === "number") return Float32Array.from(labels, (_label, i) => +(i === target));
        return target.length === labels.length ? target : target.subarray(n * labels.length, (n + 1) * labels.length);
      });
      const gradients = images.map((image, n) => gradient(image, seeds[n]));
      const joined = { data: Float32Array.from(gradients.flatMap((one) => [...one])), dims: [count, ...dims.slice(1)] };
      return { scores: scored(images), gradients: new Map([["", joined]]), activations: new Map() };
    },
  };
  return model;
}

function fromPixels({ data, width, height }: RawImage, wantedWidth: number, wantedHeight: number): Tensor {
  if (width !== wantedWidth || height !== wantedHeight) throw new Error(`a picture of ${width} × ${height}`);
  const size = width * height;
  const values = Float32Array.from({ length: size * 3 }, (_, i) => data[(i % size) * 3 + Math.floor(i / size)] / 255);
  return { data: values, dims: [1, 3, height, width] };
}

/**
 * A linear model: score k = Σ weights[k][p] · mean of the channels at pixel p. Its contributions are known exactly.
 * Probabilities are the scores as given.
 */
export function linearModel(width: number, height: number, weights: readonly (readonly number[])[]): AnalyticModel {
  const size = width * height;
  return analyticModel({
    width,
    height,
    labels: weights.map((_, i) => `class ${i}`),
    probabilities: "as given",
    score: (image) =>
      weights.map((row) =>
        row.reduce((sum, weight, p) => sum + (weight * (image[p] + image[size + p] + image[2 * size + p])) / 3, 0),
      ),
    gradient: (_, seed) =>
      Float32Array.from({ length: 3 * size }, (_, i) =>
        weights.reduce((sum, row, k) => sum + (seed[k] * row[i % size]) / 3, 0),
      ),
  });
}

/** A detector of one bright blob: the score of "blob" is the mean brightness of a rectangle, "rest" is 1 minus it. */
export function blobModel(
  width: number,
  height: number,
  blob: { x: number; y: number; width: number; height: number },
): AnalyticModel {
  const inside = Array.from({ length: width * height }, (_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    return x >= blob.x && x < blob.x + blob.width && y >= blob.y && y < blob.y + blob.height;
  });
  const area = inside.filter(Boolean).length;
  return analyticModel({
    width,
    height,
    labels: ["blob", "rest"],
    probabilities: "as given",
    score(image) {
      let sum = 0;
      inside.forEach((within, p) => {
        if (within) sum += (image[p] + image[width * height + p] + image[2 * width * height + p]) / 3;
      });
      return [sum / area, 1 - sum / area];
    },
  });
}
