import { create } from "@bufbuild/protobuf";
import { Attributes, makeAttribute } from "./attributes.js";
import type { Graph, NodeProto } from "./graph.js";
import { copyMessage } from "./messages.js";
import { NodeProtoSchema } from "./proto/onnx-ml_pb.js";

/** Inputs that have the batch before the directions or the time, and how each output is turned to have it there. */
const SWAPPED_INPUTS = [0, 5, 6];
const TURNED_OUTPUTS = [
  [2, 0, 1, 3],
  [1, 0, 2],
  [1, 0, 2],
] as const;

/** Recurrent operators that have the batch first (layout 1), which the runtime does not know, with the time first. */
export function putTimeFirst(graph: Graph): void {
  const turn = (input: string, output: string, perm: readonly number[]) =>
    create(NodeProtoSchema, {
      opType: "Transpose",
      name: graph.unique("time_first"),
      input: [input],
      output: [output],
      attribute: [makeAttribute("perm", perm)],
    });
  const rewritten = (node: NodeProto): NodeProto[] => {
    const recurrent = /^(LSTM|GRU|RNN)$/.test(node.opType) && (node.domain === "" || node.domain === "ai.onnx");
    if (!recurrent || new Attributes(node).int("layout", 0) === 0) return [node];
    const before: NodeProto[] = [];
    const input = node.input.map((name, i) => {
      if (!name || !SWAPPED_INPUTS.includes(i)) return name;
      const turned = graph.unique(`${name}_time_first`);
      before.push(turn(name, turned, [1, 0, 2]));
      return turned;
    });
    const after: NodeProto[] = [];
    const output = node.output.map((name, i) => {
      if (!name) return name;
      const turned = graph.unique(`${name}_time_first`);
      after.push(turn(turned, name, TURNED_OUTPUTS[i]));
      return turned;
    });
    const attribute = node.attribute.filter(({ name }) => name !== "layout");
    return [...before, copyMessage(node, { input, output, attribute }), ...after];
  };
  graph.proto.node = graph.nodes.flatMap(rewritten);
  graph.touch();
}
