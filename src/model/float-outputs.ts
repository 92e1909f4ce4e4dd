import { DataType } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";

/** A copy whose outputs are all float32, labels and counts included. */
export function floatOutputs(graph: Graph): Graph {
  const copy = graph.clone();
  const outputs = copy.outputs.map((port) => {
    if (port.type === DataType.FLOAT) return port;
    const name = copy.op("Cast", [port.name], { to: DataType.FLOAT }, `${port.name}_float`);
    return { ...port, name, type: DataType.FLOAT };
  });
  copy.setOutputs(outputs);
  return copy;
}
