import { type PixelLayout, pixelIndex } from "../core/pixel-index.js";
import type { Tensor } from "../core/tensor.js";

/** Applies a function to each channel's plane (row-major) of a batch-1 image tensor. */
export function perChannel(
  input: Tensor,
  geometry: PixelLayout,
  change: (plane: Float32Array) => Float32Array,
): Tensor {
  const { channels, height, width } = geometry;
  const at = pixelIndex(geometry);
  const data = new Float32Array(input.data.length);
  for (let c = 0; c < channels; c++) {
    const changed = change(Float32Array.from({ length: height * width }, (_, p) => input.data[at(c, p)]));
    for (let p = 0; p < changed.length; p++) data[at(c, p)] = changed[p];
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
