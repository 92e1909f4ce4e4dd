import { SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { RawImage } from "../image/types.js";
import type { InputGeometry } from "../model/types.js";

/**
 * What stands where a part of the picture is hidden: `zero` is 0 in the model's own input (with the usual
 * normalisation a mid grey), `mean` the picture's mean colour, `blur` the picture blurred (Gaussian, σ = 5 % of its
 * shorter side), `noise` every value drawn evenly between black and white, the same each time.
 */
export type Fill = "zero" | "black" | "white" | "grey" | "mean" | "blur" | "noise";

const COLOURS = { black: 0, white: 255, grey: 127.5 } as const;

/** A picture as a model takes it, ready to have parts of it hidden. */
export interface Perturbable {
  /** The model's input, batch 1. */
  readonly input: Tensor;
  readonly geometry: InputGeometry;
  /** A picture of one colour as model input; `[r, g, b]` 0…255. */
  fill(colour: readonly [number, number, number]): Tensor;
  /** The picture at the model's resolution, RGB 0…255. */
  pixels(): Promise<RawImage>;
}

/** The model's input with everything hidden, batch 1. */
export function fillTensor(subject: Omit<Perturbable, "pixels">, kind: Fill): Tensor {
  const { input, geometry } = subject;
  switch (kind) {
    case "zero":
      return { data: new Float32Array(input.data.length), dims: input.dims };
    case "black":
    case "white":
    case "grey":
      return subject.fill([COLOURS[kind], COLOURS[kind], COLOURS[kind]]);
    case "mean":
      return perChannel(input, geometry, (plane) => plane.fill(plane.reduce((sum, v) => sum + v, 0) / plane.length));
    case "blur": {
      const { width, height } = geometry;
      const sigma = 0.05 * Math.min(width, height);
      return perChannel(input, geometry, (plane) => gaussianBlur(plane, width, height, sigma));
    }
    case "noise": {
      const [black, white] = ([0, 255] as const).map((level) => subject.fill([level, level, level]).data);
      const source = random(0);
      return { data: black.map((low, i) => low + source.uniform() * (white[i] - low)), dims: input.dims };
    }
    default:
      throw new SightlineError("bad-config", `unknown fill '${kind}'`, {
        received: kind,
        expected: "zero, black, white, grey, mean, blur or noise",
      });
  }
}

/** Applies a function to each channel's plane (row-major) of a batch-1 image tensor. */
export function perChannel(
  input: Tensor,
  { layout, channels, height, width }: InputGeometry,
  change: (plane: Float32Array) => Float32Array,
): Tensor {
  const data = new Float32Array(input.data.length);
  const size = height * width;
  for (let c = 0; c < channels; c++) {
    if (layout === "nchw") {
      data.set(change(input.data.slice(c * size, (c + 1) * size)), c * size);
      continue;
    }
    const changed = change(Float32Array.from({ length: size }, (_, p) => input.data[p * channels + c]));
    for (let p = 0; p < size; p++) data[p * channels + c] = changed[p];
  }
  return { data, dims: input.dims };
}

/** Separable Gaussian blur, edges clamped, cut at a radius (4 σ when absent). Returns a new plane. */
export function gaussianBlur(
  plane: Float32Array,
  width: number,
  height: number,
  sigma: number,
  radius = Math.max(1, Math.ceil(4 * sigma)),
): Float32Array {
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((sum, v) => sum + v, 0);
  const along = (source: Float32Array, length: number, stride: number, lines: number, lineStride: number) => {
    const out = new Float32Array(source.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          const at = Math.min(length - 1, Math.max(0, i + k));
          sum += kernel[k + radius] * source[line * lineStride + at * stride];
        }
        out[line * lineStride + i * stride] = sum / total;
      }
    }
    return out;
  };
  return along(along(plane, width, 1, height, width), height, width, width, 1);
}

/** a − b, element by element. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return { data: a.data.map((value, i) => value - b.data[i]), dims: a.dims };
}
