import { random } from "../../src/core/random.js";
import { sizeOf, type Tensor } from "../../src/core/tensor.js";
import type { RawImage } from "../../src/image/types.js";
import type { Subject } from "../../src/methods/method.js";
import type { InputGeometry, LayerInfo, MaskedBatch, ModelInfo } from "../../src/model/types.js";

export interface AnalyticOptions {
  readonly width: number;
  readonly height: number;
  readonly channels?: number;
  /** Model input, batch 1, nchw; all ones when absent. */
  readonly input?: Float32Array;
  readonly pixels?: RawImage;
  readonly targets?: readonly number[];
  readonly seed?: number;
  readonly batch?: number;
  /** What scores are: "as given" (the default) leaves them as they are. */
  readonly probabilities?: "softmax" | "as given";
  readonly layers?: readonly LayerInfo[];
  readonly activations?: Readonly<Record<string, Tensor>>;
  /** Raw scores of one image, [channels · height · width]. */
  score(image: Float32Array): readonly number[];
  /** Raw scores of one inner tensor, for masks on a layer. */
  head?(activation: Float32Array, layer: string): readonly number[];
}

/** A {@link Subject} whose model is a function with a known answer; it counts what it is asked for. */
export function analyticSubject(options: AnalyticOptions): Subject & { passes: number; reports: number } {
  const { width, height, channels = 1, score, head, seed = 0, batch = 16 } = options;
  const geometry: InputGeometry = { name: "input", layout: "nchw", channels, height, width };
  const dims = [1, channels, height, width];
  const input: Tensor = { data: options.input ?? new Float32Array(sizeOf(dims)).fill(1), dims };
  const pixels = options.pixels ?? { data: new Uint8Array(width * height * 3).fill(128), width, height };
  const first = score(input.data);
  const kind = options.probabilities ?? "as given";
  const info: ModelInfo = {
    name: "analytic",
    format: "onnx",
    sha256: "0".repeat(64),
    inputs: [],
    outputs: [],
    input: geometry,
    classes: first.length,
    opset: 17,
    operators: {},
    activation: "none",
    probabilities: kind,
    methods: [],
    device: "cpu",
    threads: 1,
    notes: [],
  };
  const rows = (scored: readonly (readonly number[])[]): Tensor => ({
    data: Float32Array.from(scored.flat()),
    dims: [scored.length, first.length],
  });
  const view = { x: 0, y: 0, width, height };
  const unknown = () => Promise.reject(new Error("this analytic subject has no such thing"));
  const subject: Subject & { passes: number; reports: number } = {
    passes: 0,
    reports: 0,
    prepared: { tensor: input, picture: { image: pixels, name: "analytic", notes: [] }, view },
    input,
    geometry,
    info,
    classes: first.length,
    names: first.map((_, k) => `class ${k}`),
    targets: options.targets ?? [0],
    scores: rows([first]),
    random: random(seed),
    progress: () => {
      subject.reports += 1;
    },
    probabilities: (scores) => (kind === "softmax" ? softmax(scores) : scores),
    logits: (scores) => scores,
    pixels: async () => pixels,
    fill: (colour) => ({
      data: Float32Array.from(input.data, (_, i) => colour[Math.floor(i / (width * height)) % 3] / 255),
      dims,
    }),
    batchSize: async () => batch,
    layers: () => options.layers ?? [],
    classIndex: (target) => Number(target),
    activation: (layer) => {
      const found = options.activations?.[layer];
      return found ? Promise.resolve(found) : unknown();
    },
    run: async (images) => {
      subject.passes += images.dims[0];
      return rows(split(images.data, images.dims[0]).map(score));
    },
    observe: unknown,
    masked: async (request) => {
      const copies = perturbed(request, request.layer === undefined ? { channels, size: width * height } : undefined);
      if (request.layer === undefined) {
        subject.passes += request.count;
        return rows(copies.map(score));
      }
      const { layer } = request;
      return head ? rows(copies.map((copy) => head(copy, layer))) : unknown();
    },
    gradient: unknown,
  };
  return subject;
}

/** base + mask · delta, copy by copy; tensors of planes [1, channels, rows, columns] or tokens [1, tokens, channels]. */
export function perturbed(request: MaskedBatch, planes?: { channels: number; size: number }): Float32Array[] {
  const { base, delta, count } = request;
  if (request.masks.kind === "parts") return summed(request, request.masks.weights);
  const [, second, ...rest] = delta.dims;
  const tokens = delta.dims.length === 3;
  const size = planes?.size ?? (tokens ? second : sizeOf(rest));
  const channels = planes?.channels ?? (tokens ? rest[0] : second);
  return Array.from({ length: count }, (_, n) => {
    const mask = denseMask(request, n, size);
    const offset = size - mask.length;
    return delta.data.map((value, i) => {
      const place = tokens ? Math.floor(i / channels) - offset : i % size;
      return (base?.data[i] ?? 0) + (place < 0 ? 1 : mask[place]) * value;
    });
  });
}

/** base + Σ weight · part, copy by copy. */
function summed({ base, delta, count }: MaskedBatch, weights: Float32Array): Float32Array[] {
  const [parts] = delta.dims;
  const size = delta.data.length / parts;
  return Array.from({ length: count }, (_, n) =>
    Float32Array.from({ length: size }, (__, i) => {
      let sum = base?.data[i] ?? 0;
      for (let part = 0; part < parts; part++) sum += weights[n * parts + part] * delta.data[part * size + i];
      return sum;
    }),
  );
}

function denseMask({ masks, count }: MaskedBatch, n: number, size: number): Float32Array {
  switch (masks.kind) {
    case "parts":
      throw new TypeError("parts are summed, not masked");
    case "dense": {
      const cells = masks.data.length / count;
      return masks.data.subarray(n * cells, (n + 1) * cells);
    }
    case "segments":
      return Float32Array.from(masks.labels, (label) => masks.weights[n * masks.segments + label]);
    case "separable": {
      const { rank, left, right } = masks;
      const height = left.length / count / rank;
      const width = right.length / count / rank;
      return Float32Array.from({ length: size }, (_, p) => {
        const y = Math.floor(p / width);
        const x = p % width;
        let sum = 0;
        for (let r = 0; r < rank; r++) {
          sum += left[(n * height + y) * rank + r] * right[(n * rank + r) * width + x];
        }
        return sum;
      });
    }
  }
}

export function split(data: Float32Array, count: number): Float32Array[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, n) => data.subarray(n * size, (n + 1) * size));
}

export function softmax({ data, dims }: Tensor): Tensor {
  const classes = dims[1];
  const rows = split(data, dims[0]).flatMap((row) => {
    const top = Math.max(...row);
    const powers = Array.from(row, (value) => Math.exp(value - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  });
  return { data: Float32Array.from(rows), dims: [dims[0], classes] };
}
