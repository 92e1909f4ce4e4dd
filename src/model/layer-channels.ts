import { pixelIndex } from "../core/pixel-index.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import type { LayerInfo } from "./types.js";

/** Indices of a channel's elements in a layer at batch 1, those of class and register tokens included. */
function* elementsOf({ geometry }: LayerInfo, channel: number): Generator<number> {
  const at = pixelIndex(geometry);
  for (let place = -geometry.offset; place < geometry.height * geometry.width; place++) yield at(channel, place);
}

/** 1 at a channel's elements, 0 elsewhere. */
export function channelMask(layer: LayerInfo, channel: number): Float32Array {
  const mask = new Float32Array(sizeOf(layer.shape));
  for (const element of elementsOf(layer, channel)) mask[element] = 1;
  return mask;
}

/** The sum over each channel of a tensor like the layer at batch 1. */
export function channelSums({ data }: Tensor, layer: LayerInfo): Float64Array {
  return Float64Array.from({ length: layer.geometry.channels }, (_, channel) => {
    let sum = 0;
    for (const element of elementsOf(layer, channel)) sum += data[element];
    return sum;
  });
}
