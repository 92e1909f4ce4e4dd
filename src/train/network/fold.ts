import type { ConvLayer, Weights } from "./parameters.js";

/** Added to variances before their root is taken. */
export const EPSILON = 1e-5;

/** A convolution's weights and bias that do its batch normalisation, too: gain · (x − mean) / √variance + shift. */
export function folded(
  layer: ConvLayer,
  weights: Weights,
  statistics: Weights,
): { weight: Float32Array; bias: Float32Array } {
  const { channels } = layer;
  const [mean, variance] = [statistics[layer.mean], statistics[layer.variance]];
  const [gain, shift] = [weights[layer.gain.name], weights[layer.shift.name]];
  const factor = Float64Array.from(gain, (value, c) => value / Math.sqrt(variance[c] + EPSILON));
  const source = weights[layer.weight.name];
  const size = source.length / channels;
  return {
    weight: source.map((value, i) => value * factor[Math.floor(i / size)]),
    bias: Float32Array.from(shift, (value, c) => value - mean[c] * factor[c]),
  };
}
