import type { Graph } from "./graph.js";

/** The last function of the graph, and so what its raw scores are. */
export type Activation = "none" | "softmax" | "sigmoid";

/** How raw scores become probabilities. */
export type Probabilities = "softmax" | "sigmoid" | "as given";

const TRANSPARENT = new Set(["Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);

/** The function that a graph ends in, seen through operators that only change the shape. */
export function finalActivation(graph: Graph, scores: string): Activation {
  let node = graph.producer(scores);
  while (node && TRANSPARENT.has(node.opType)) node = graph.producer(node.input[0]);
  if (node?.opType === "Softmax") return "softmax";
  return node?.opType === "Sigmoid" ? "sigmoid" : "none";
}
