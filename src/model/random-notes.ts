import type { Graph, NodeProto } from "../onnx/graph.js";

const DRAWS = /^(Bernoulli|Multinomial|RandomNormal|RandomNormalLike|RandomUniform|RandomUniformLike)$/;

/** What is to be said of a graph that draws random numbers, as training does: its answers differ from run to run. */
export function randomNotes(graph: Graph): string[] {
  const drawing = graph.nodes.filter((node) => !node.domain && (DRAWS.test(node.opType) || isTraining(graph, node)));
  if (drawing.length === 0) return [];
  const [{ opType, name, output }] = drawing;
  const others = drawing.length > 1 ? ` and ${drawing.length - 1} more` : "";
  return [
    `the model draws random numbers (${opType} at '${name || output[0]}'${others}): answers and maps differ from run to run; export it for inference`,
  ];
}

/** Dropout that was exported as it is in training. */
function isTraining(graph: Graph, node: NodeProto): boolean {
  return node.opType === "Dropout" && Boolean(graph.constant(node.input[2] ?? "")?.data[0]);
}
