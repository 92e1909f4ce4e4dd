import type { Graph, NodeProto } from "./graph.js";

/** The last function of the graph, and so what its raw scores are. */
export type Activation = "none" | "softmax" | "sigmoid";

/** How raw scores become probabilities. */
export type Probabilities = "softmax" | "sigmoid" | "as given";

/** Operators behind which scores are still what they were, up to rounding and order. */
const TRANSPARENT = new Set(
  (
    "Cast Clip DequantizeLinear Dropout Flatten Identity QuantizeLinear Reshape Slice Squeeze Transpose Unsqueeze " +
    "Gather Max Min Round"
  ).split(" "),
);

/** The function that a graph ends in, seen through operators that only move, round or clip its values. */
export function finalActivation(graph: Graph, scores: string): Activation {
  const seen = new Set<string>();
  let name = scores;
  for (let node = graph.producer(name); node && !seen.has(name); node = graph.producer(name)) {
    seen.add(name);
    const activation = activationOf(graph, node);
    if (activation !== "none") return activation;
    if (!TRANSPARENT.has(node.opType)) return "none";
    [name] = node.input;
  }
  return "none";
}

/** What a node makes: a softmax or sigmoid, written as one operator or in parts. */
function activationOf(graph: Graph, node: NodeProto): Activation {
  const kind = node.opType.replace(/^QLinear/, "");
  if (kind === "Softmax") return "softmax";
  if (kind === "Sigmoid" || kind === "HardSigmoid") return "sigmoid";
  if (node.opType === "Reciprocal") return isOnePlusExp(graph, node.input[0]) ? "sigmoid" : "none";
  if (node.opType !== "Div") return "none";
  const [above, below] = node.input;
  if (isConstant(graph, above, 1) && isOnePlusExp(graph, below)) return "sigmoid";
  const sum = behindShape(graph, below);
  const summed = sum?.opType === "ReduceSum" ? sum.input[0] : undefined;
  const exp = graph.producer(above);
  return exp?.opType === "Exp" && summed === above ? "softmax" : "none";
}

/** 1 + e^−x, the terms in any order. */
function isOnePlusExp(graph: Graph, name: string): boolean {
  const add = graph.producer(name);
  if (add?.opType !== "Add") return false;
  const [a, b] = add.input;
  const isExp = (input: string) => graph.producer(input)?.opType === "Exp";
  return (isConstant(graph, a, 1) && isExp(b)) || (isConstant(graph, b, 1) && isExp(a));
}

function isConstant(graph: Graph, name: string, value: number): boolean {
  const data = graph.constant(name)?.data;
  return (
    data !== undefined && data.length > 0 && Array.from(data as Float32Array).every((each) => Number(each) === value)
  );
}

function behindShape(graph: Graph, name: string): NodeProto | undefined {
  let node = graph.producer(name);
  while (node && ["Expand", "Identity", "Reshape", "Unsqueeze", "Clip", "Max"].includes(node.opType))
    node = graph.producer(node.input[0]);
  return node;
}
