import { didYouMean, SightlineError } from "../core/errors.js";
import { pixelIndex } from "../core/pixel-index.js";
import type { Tensor } from "../core/tensor.js";
import type { LayerInfo, ModelInfo } from "../model/types.js";

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
  const named = layers.find((layer) => layer.name === name);
  if (named) return named;
  const names = layers.map((layer) => layer.name);
  const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? `, … (${names.length} in all)` : "");
  throw new SightlineError("unknown-layer", `unknown layer '${name}'`, {
    received: name,
    expected: `one of ${shown || "none: this graph has no feature map"}`,
    next: didYouMean(name, names),
  });
}

/** Why methods on feature maps cannot explain a model; undefined when they can. */
export function needsLayer(_: ModelInfo, layers: readonly LayerInfo[]): string | undefined {
  return layers.length > 0 ? undefined : "no feature map was found in the graph";
}

/** The layer that a method will look at, for its `observes`. */
export const observesLayer = ({ targetLayer }: { targetLayer?: string }, layers: readonly LayerInfo[]) => [
  chooseLayer(layers, targetLayer).name,
];

/** Value of a channel at a cell (row-major) of a batch-1 layer, whatever its memory layout. */
export function cellReader({ data }: Tensor, { geometry }: LayerInfo): (channel: number, cell: number) => number {
  const at = pixelIndex(geometry);
  return (channel, cell) => data[at(channel, cell)];
}

/** The channels of a batch-1 layer, each with its cells row by row. */
export function planesOf(activation: Tensor, layer: LayerInfo): Float32Array[] {
  const { channels, height, width } = layer.geometry;
  const at = cellReader(activation, layer);
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: height * width }, (__, cell) => at(channel, cell)),
  );
}
