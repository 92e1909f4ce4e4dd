import { didYouMean, SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { LayerInfo } from "../model/types.js";

/**
 * The layer of a name, or the best candidate without one.
 * @throws SightlineError `unknown-layer` with the candidates, `no-feature-layer` where there are none
 */
export function chooseLayer(layers: readonly LayerInfo[], name?: string): LayerInfo {
  if (name === undefined) {
    if (layers.length > 0) return layers[0];
    throw new SightlineError("no-feature-layer", "no feature map was found in the graph", {
      expected: "a layer with rows and columns before the classifier's head",
      next: "name one with targetLayer, or use a black-box method such as rise",
    });
  }
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  const names = layers.map((layer) => layer.name);
  const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? `, … (${names.length} in all)` : "");
  throw new SightlineError("unknown-layer", `unknown layer '${name}'`, {
    received: name,
    expected: `one of ${shown || "none: this graph has no feature map"}`,
    next: didYouMean(name, names),
  });
}

/** Value of a channel at a cell (row-major) of a batch-1 layer, whatever its memory layout. */
export function cellReader(activation: Tensor, { geometry }: LayerInfo): (channel: number, cell: number) => number {
  const { channels, height, width, layout, offset } = geometry;
  if (layout === "nchw") return (channel, cell) => activation.data[channel * height * width + cell];
  return (channel, cell) => activation.data[(cell + offset) * channels + channel];
}
