import { DataType } from "../../onnx/constant.js";
import type { Graph } from "../../onnx/graph.js";
import type { TensorShape } from "../../onnx/shapes.js";
import type { ClassLayer } from "./types.js";

const MOST_ANCHORS = 12;
/** x, y, width, height and objectness before each anchor's classes, where one layer holds them all. */
const BOX_AND_OBJECTNESS = 5;

/** How the channels of a layer divide into anchors of some classes; undefined where they do not. */
export function anchorsOf(channels: number, classes: number): Pick<ClassLayer, "anchors" | "skip"> | undefined {
  for (const skip of [0, BOX_AND_OBJECTNESS]) {
    const anchors = channels / (skip + classes);
    if (Number.isInteger(anchors) && anchors >= 1 && anchors <= MOST_ANCHORS) return { anchors, skip };
  }
  return undefined;
}

/**
 * The layers that hold class scores: the last convolutions before the outputs, one a scale, whose channels are a whole
 * number of anchors of the classes. Where boxes could be read the same way, nothing is guessed.
 */
export function findClassLayers(
  graph: Graph,
  shapes: ReadonlyMap<string, TensorShape>,
  outputs: readonly string[],
  classes: number,
): ClassLayer[] {
  const byScale = new Map<string, ClassLayer[]>();
  for (const name of lastConvolutions(graph, outputs)) {
    const shape = shapes.get(name);
    if (shape?.type !== DataType.FLOAT || shape.dims.length !== 4) continue;
    const [, channels, height, width] = shape.dims;
    const parts = anchorsOf(channels, classes);
    if (!parts || height * width === 1) continue;
    const scale = `${height} ${width}`;
    byScale.set(scale, [...(byScale.get(scale) ?? []), { name, shape: shape.dims, ...parts }]);
  }
  const scales = [...byScale.values()];
  if (scales.some((candidates) => candidates.length > 1)) return [];
  return scales.flat().sort((a, b) => b.shape[2] * b.shape[3] - a.shape[2] * a.shape[3]);
}

/** Outputs of the convolutions (their bias added) that are reached from the outputs without passing another one. */
function lastConvolutions(graph: Graph, outputs: readonly string[]): string[] {
  const names: string[] = [];
  const seen = new Set(outputs);
  const stack = [...outputs];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const node = graph.producer(name);
    if (!node) continue;
    if (node.opType === "Conv") {
      const [reader, ...others] = graph.consumers(name);
      const biased =
        others.length === 0 && reader?.opType === "Add" && reader.input.some((input) => graph.constant(input));
      names.push(biased ? reader.output[0] : name);
      continue;
    }
    for (const input of node.input) {
      if (!input || seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  return names;
}
