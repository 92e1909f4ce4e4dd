import { create } from "@bufbuild/protobuf";
import { sizeOf } from "../../core/tensor.js";
import { Attributes } from "../attributes.js";
import { DataType } from "../constant.js";
import type { Graph } from "../graph.js";
import { readsOf } from "../messages.js";
import { NodeProtoSchema } from "../proto/onnx-ml_pb.js";
import type { GraphRunner, ProbeInput } from "../shapes.js";

/** Whether a tensor follows from shapes and constants, not from what the picture shows. */
function followsFromShapes(graph: Graph, name: string): boolean {
  const seen = new Set<string>();
  const stack = [name];
  const inputs = new Set(graph.inputs.map((port) => port.name));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (inputs.has(at)) return false;
    const node = graph.producer(at);
    if (!node || seen.has(at) || node.opType === "Shape" || node.opType === "Size") continue;
    seen.add(at);
    stack.push(...readsOf(node));
  }
  return true;
}

/** Puts the branch that is taken in the place of every If whose condition follows from shapes. */
export async function inlineBranches(graph: Graph, input: ProbeInput, runner: GraphRunner): Promise<void> {
  for (;;) {
    const branches = graph.nodes.filter((node) => node.opType === "If" && followsFromShapes(graph, node.input[0]));
    if (branches.length === 0) return;
    const values = await evaluate(graph, [...new Set(branches.map((node) => node.input[0]))], input, runner);
    const chosen = new Map(
      branches.map((node) => [
        node,
        new Attributes(node).graph(values.get(node.input[0]) ? "then_branch" : "else_branch"),
      ]),
    );
    graph.proto.node = graph.nodes.flatMap((node) => {
      const branch = chosen.get(node);
      if (!branch) return [node];
      graph.proto.initializer.push(...branch.initializer);
      const named = branch.output.map(({ name }, i) =>
        create(NodeProtoSchema, {
          opType: "Identity",
          name: graph.unique("branch"),
          input: [name],
          output: [node.output[i]],
        }),
      );
      return [...branch.node, ...named];
    });
    graph.touch();
  }
}

/** Values of scalar tensors that follow from shapes. */
async function evaluate(graph: Graph, names: readonly string[], input: ProbeInput, runner: GraphRunner) {
  const part = graph.clone();
  part.setOutputs(
    names.map((name) => ({
      name: part.op("Cast", [name], { to: DataType.INT64 }),
      type: DataType.INT64,
      dims: undefined,
    })),
  );
  part.prune();
  const open = await runner.open(part);
  try {
    const fed = part.inputs.some(({ name }) => name === input.name);
    const feed = { type: DataType.FLOAT, dims: input.dims, data: new Float32Array(sizeOf(input.dims)) };
    const fetches = part.outputs.map(({ name }) => name);
    const results = await open.run(fed ? { [input.name]: feed } : {}, fetches);
    return new Map(names.map((name, i) => [name, Number(results.get(fetches[i])?.data[0]) !== 0]));
  } finally {
    await open.close();
  }
}
