import { DataType } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";

/** A copy of a graph that computes in float16 between its float32 input and scores. */
export function inHalfPrecision(graph: Graph): Graph {
  const copy = graph.clone();
  const [{ name: input }] = copy.inputs;
  const [{ name: scores }] = copy.outputs;
  const cast = new Map<string, string>();
  const casts: { from: string; to: string }[] = [];
  const narrow = (name: string) => {
    const earlier = cast.get(name);
    if (earlier) return earlier;
    const to = copy.unique(`${name}_narrow`);
    cast.set(name, to);
    casts.push({ from: name, to });
    return to;
  };
  for (const node of copy.nodes) {
    node.input = node.input.map((name) => {
      const floats = copy.constant(name)?.type === DataType.FLOAT;
      return name && (name === input || floats) ? narrow(name) : name;
    });
    node.output = node.output.map((name) => (name === scores ? `${scores}_narrow` : name));
  }
  copy.touch();
  for (const { from, to } of casts) copy.addNode("Cast", [from], { to: DataType.FLOAT16 }, { outputs: [to] });
  copy.addNode("Cast", [`${scores}_narrow`], { to: DataType.FLOAT }, { outputs: [scores] });
  copy.sort();
  return copy;
}
