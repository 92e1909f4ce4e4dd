import type { Graph } from "../../graph.js";
import type { TensorShape } from "../../shapes.js";
import { joinElementwise } from "./elementwise.js";
import { mergeAffine } from "./merge-affine.js";

/**
 * Rewrites a graph as relevance reads it: linear layers whole, activations as one step. It says where relevance flows; its
 * tensors have the values of the graph that it was.
 * @param kept tensors that must stay
 */
export function toRelevanceForm(
  graph: Graph,
  shapes: ReadonlyMap<string, TensorShape>,
  kept: ReadonlySet<string>,
): void {
  mergeAffine(graph, shapes, kept);
  joinElementwise(graph, shapes, kept);
}
