import { create } from "@bufbuild/protobuf";
import { Attributes } from "../attributes.js";
import type { Graph } from "../graph.js";
import { NodeProtoSchema } from "../proto/onnx-ml_pb.js";
import type { GraphRunner, ProbeInput } from "../shapes.js";
import { evaluateSizes, followsFromShapes } from "./sizes.js";

/** Puts the branch that is taken in the place of every If whose condition follows from shapes. */
export async function inlineBranches(graph: Graph, input: ProbeInput, runner: GraphRunner): Promise<void> {
  for (;;) {
    const branches = graph.nodes.filter((node) => node.opType === "If" && followsFromShapes(graph, node.input[0]));
    if (branches.length === 0) return;
    const conditions = [...new Set(branches.map((node) => node.input[0]))];
    const values = await evaluateSizes(graph, conditions, input, runner);
    const chosen = new Map(
      branches.map((node) => [
        node,
        new Attributes(node).graph(values.get(node.input[0])?.[0] ? "then_branch" : "else_branch"),
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
