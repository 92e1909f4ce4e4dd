import type { Graph } from "../onnx/graph.js";
import type { Activation } from "./types.js";

const TRANSPARENT = new Set(["Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);

/** The function that a graph ends in, seen through operators that only change the shape. */
export function finalActivation(graph: Graph, scores: string): Activation {
  let node = graph.producer(scores);
  while (node && TRANSPARENT.has(node.opType)) node = graph.producer(node.input[0]);
  if (node?.opType === "Softmax") return "softmax";
  return node?.opType === "Sigmoid" ? "sigmoid" : "none";
}
