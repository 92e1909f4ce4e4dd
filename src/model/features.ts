import type { Tensor } from "../core/tensor.js";
import { type Penultimate, penultimate } from "../onnx/linear-head.js";
import { Classifier } from "./classifier.js";
import type { Model } from "./types.js";

const known = new WeakMap<Classifier, Penultimate | undefined>();

/**
 * What the last linear layer of a classifier reads; undefined where there is no such layer, no graph, or where a function
 * makes the scores.
 */
export function penultimateOf(model: Model): Penultimate | undefined {
  if (!(model instanceof Classifier) || model.info.noGradients) return undefined;
  if (!known.has(model)) {
    const { graph, input, outputs, shapes } = model.network;
    known.set(model, penultimate(graph, input.name, outputs[0], shapes));
  }
  return known.get(model);
}

/** The features of each picture of a batch, from what was observed of it. */
export function featureRows({ data, dims }: Tensor, { features, averaged }: Penultimate): Float32Array[] {
  const width = data.length / dims[0];
  return Array.from({ length: dims[0] }, (_, i) => {
    const row = data.slice(i * width, (i + 1) * width);
    return averaged ? channelMeans(row, features) : row;
  });
}

/** Means of maps [channels, height · width]. */
function channelMeans(maps: Float32Array, channels: number): Float32Array {
  const size = maps.length / channels;
  return Float32Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c * size; i < (c + 1) * size; i++) sum += maps[i];
    return sum / size;
  });
}
