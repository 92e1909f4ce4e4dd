import type { GraphProto, NodeProto } from "./proto/onnx-ml_pb.js";

/** A copy of a node whose lists can be changed. */
export function copyNode(node: NodeProto): NodeProto {
  return copyMessage(node, { input: [...node.input], output: [...node.output], attribute: [...node.attribute] });
}

/** A shallow copy that keeps the prototype, where the schema's default values live. */
export function copyMessage<T extends object>(message: T, changes: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, changes);
}

/** Names that a node reads, those of its subgraphs' outer scope included. */
export function readsOf(node: NodeProto): string[] {
  const names = new Set(node.input.filter(Boolean));
  for (const attribute of node.attribute) {
    for (const graph of [attribute.g, ...attribute.graphs]) {
      if (!graph) continue;
      const inside = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
      for (const inner of graph.node) for (const output of inner.output) inside.add(output);
      const read = [...graph.node.flatMap(readsOf), ...graph.output.map(({ name }) => name)];
      for (const name of read) if (!inside.has(name)) names.add(name);
    }
  }
  return [...names];
}

/** A copy of a node, its subgraphs included, with its tensors renamed. */
export function copyNodeDeep(node: NodeProto, rename: (name: string) => string): NodeProto {
  return copyMessage(node, {
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) =>
      copyMessage(attribute, {
        g: attribute.g && copySubgraph(attribute.g, rename),
        graphs: attribute.graphs.map((sub) => copySubgraph(sub, rename)),
      }),
    ),
  });
}

/** A copy of a subgraph with its tensors renamed, those of its outer scope included. */
export function copySubgraph(graph: GraphProto, rename: (name: string) => string): GraphProto {
  const renamed = <T extends { name: string }>(items: readonly T[]) =>
    items.map((item) => copyMessage<T>(item, { name: rename(item.name) } as Partial<T>));
  return copyMessage(graph, {
    input: renamed(graph.input),
    output: renamed(graph.output),
    initializer: renamed(graph.initializer),
    node: graph.node.map((node) => copyNodeDeep(node, rename)),
  });
}
