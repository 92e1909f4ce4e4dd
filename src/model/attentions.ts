import { isFloat } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";
import type { TensorShape } from "../onnx/shapes.js";
import { dependents } from "../onnx/surface.js";
import { SAME_TENSOR } from "./layers.js";
import type { LayerInfo } from "./types.js";

/**
 * Softmaxed attention between all tokens of a picture, [1, heads, tokens, tokens] at batch 1, in the order of the graph. Square
 * matrices between channels (XCiT, DaViT) are not among them, nor are those of other tokens than a layer has, where any has some.
 */
export function findAttentions(
  graph: Graph,
  input: string,
  shapes: ReadonlyMap<string, TensorShape>,
  layers: readonly LayerInfo[],
): readonly string[] {
  const moving = dependents(graph, input);
  const counts = new Set(
    layers.flatMap(({ kind, geometry: g }) => (kind === "tokens" ? [g.offset + g.height * g.width] : [])),
  );
  return graph.nodes.flatMap((node) => {
    const [name] = node.output;
    const shape = node.opType === "Softmax" && moving.has(name) ? shapes.get(name) : undefined;
    if (!shape || !isFloat(shape.type) || shape.dims.length !== 4 || (shape.batchAxis ?? 0) !== 0) return [];
    const [batch, , rows, columns] = shape.dims;
    if (batch !== 1 || rows !== columns || rows < 2 || (counts.size > 0 && !counts.has(rows))) return [];
    return mixesChannels(graph, name) ? [] : [name];
  });
}

/** Whether what attention mixes is laid out anew with its last axis, heads' channels as a rule, elsewhere: then that one is tokens. */
function mixesChannels(graph: Graph, attention: string): boolean {
  return graph.consumers(attention).some((node) => {
    if (SAME_TENSOR.has(node.opType)) return node.opType !== "Shape" && mixesChannels(graph, node.output[0]);
    if (node.opType !== "MatMul" || node.input[0] !== attention) return false;
    return graph.consumers(node.output[0]).some((after) => {
      const order = after.opType === "Transpose" ? graph.attributes(after).ints("perm") : undefined;
      return order?.length === 4 && order[3] !== 3;
    });
  });
}
