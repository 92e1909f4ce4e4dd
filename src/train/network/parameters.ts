import type { Random } from "../../core/random.js";
import { sizeOf } from "../../core/tensor.js";
import type { NetworkShape } from "./shape.js";

/** Weights by name. */
export type Weights = Readonly<Record<string, Float32Array>>;

/** A weight that is learned. */
export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
  /** Values that a value of the layer's output is a sum of; undefined for gains and shifts. */
  readonly fanIn?: number;
  /** What it is at the beginning, where that is not drawn. */
  readonly start?: number;
}

/** A convolution as it is trained: weights, then normalised with the batch's mean and variance. */
export interface ConvLayer {
  readonly weight: Parameter;
  readonly gain: Parameter;
  readonly shift: Parameter;
  /** Names of the mean and variance over the batches, of all channels. */
  readonly mean: string;
  readonly variance: string;
  readonly channels: number;
  readonly kernel: number;
}

/** The network's layers, in order, and the linear one. */
export interface Layers {
  readonly stages: readonly ("pool" | ConvLayer)[];
  readonly linear: { readonly weight: Parameter; readonly bias: Parameter; readonly inputs: number };
}

export function layersOf({ stages }: NetworkShape, classes: number): Layers {
  let [inputs, number] = [3, 0];
  const made = stages.map((stage): "pool" | ConvLayer => {
    if (stage === "pool") return stage;
    const { channels, kernel } = stage;
    number += 1;
    const fanIn = inputs * kernel * kernel;
    const dims = [channels, inputs, kernel, kernel];
    inputs = channels;
    return {
      weight: { name: `conv${number}.weight`, dims, fanIn },
      gain: { name: `norm${number}.gain`, dims: [1, channels, 1, 1], start: 1 },
      shift: { name: `norm${number}.shift`, dims: [1, channels, 1, 1], start: 0 },
      mean: `norm${number}.mean`,
      variance: `norm${number}.variance`,
      channels,
      kernel,
    };
  });
  const weight = { name: "classifier.weight", dims: [classes, inputs], fanIn: inputs };
  return {
    stages: made,
    linear: { weight, bias: { name: "classifier.bias", dims: [classes], fanIn: inputs }, inputs },
  };
}

export const convolutions = ({ stages }: Layers): ConvLayer[] =>
  stages.filter((stage): stage is ConvLayer => stage !== "pool");

export function parametersOf(layers: Layers): Parameter[] {
  const { weight, bias } = layers.linear;
  return [...convolutions(layers).flatMap((layer) => [layer.weight, layer.gain, layer.shift]), weight, bias];
}

/** Weights at the beginning: uniform within ±1/√fan-in, as torch draws them. */
export function initialWeights(parameters: readonly Parameter[], source: Random): Weights {
  return Object.fromEntries(
    parameters.map(({ name, dims, fanIn, start }) => {
      const bound = fanIn === undefined ? 0 : 1 / Math.sqrt(fanIn);
      const value = () => start ?? bound * (2 * source.uniform() - 1);
      return [name, Float32Array.from({ length: sizeOf(dims) }, value)];
    }),
  );
}

/** Means and variances over the batches at the beginning. */
export function initialStatistics(layers: Layers): Weights {
  return Object.fromEntries(
    convolutions(layers).flatMap(({ mean, variance, channels }) => [
      [mean, new Float32Array(channels)],
      [variance, new Float32Array(channels).fill(1)],
    ]),
  );
}
