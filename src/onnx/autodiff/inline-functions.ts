import type { Graph, NodeProto } from "../graph.js";
import { copyMessage, copyNodeDeep } from "../messages.js";
import type { AttributeProto, FunctionProto } from "../proto/onnx-ml_pb.js";

const functionKey = ({ domain, name, overload }: { domain: string; name: string; overload: string }) =>
  `${domain}:${name}:${overload}`;

/** Puts the bodies of a model's own functions in the place of their calls. */
export function inlineFunctions(graph: Graph): void {
  const functions = new Map(graph.model.functions.map((body) => [functionKey(body), body]));
  if (functions.size === 0) return;
  const expand = (nodes: readonly NodeProto[]): NodeProto[] =>
    nodes.flatMap((node) => {
      const body = functions.get(functionKey({ domain: node.domain, name: node.opType, overload: node.overload }));
      if (body) return expand(callBody(graph, node, body));
      for (const { g, graphs } of node.attribute) for (const sub of g ? [g] : graphs) sub.node = expand(sub.node);
      return [node];
    });
  graph.proto.node = expand(graph.proto.node.map((node) => copyNodeDeep(node, (name) => name)));
  graph.model.functions = [];
  graph.touch();
}

/** The nodes of a function with the call's tensors and attributes put in. */
function callBody(graph: Graph, call: NodeProto, body: FunctionProto): NodeProto[] {
  const names = new Map<string, string>([["", ""]]);
  body.input.forEach((name, i) => void names.set(name, call.input[i] ?? ""));
  body.output.forEach((name, i) => void names.set(name, call.output[i] || graph.unique(name)));
  const rename = (name: string) => {
    let renamed = names.get(name);
    if (renamed === undefined) {
      renamed = graph.unique(`${call.name || call.opType}/${name}`);
      names.set(name, renamed);
    }
    return renamed;
  };
  const given = new Map<string, AttributeProto>();
  for (const attribute of [...body.attributeProto, ...call.attribute]) given.set(attribute.name, attribute);
  const resolve = (node: NodeProto): NodeProto => {
    node.attribute = node.attribute.flatMap((attribute) => {
      if (!attribute.refAttrName) return [attribute];
      const value = given.get(attribute.refAttrName);
      return value ? [copyMessage(value, { name: attribute.name })] : [];
    });
    return node;
  };
  const nodes = body.node.map((node) => resolve(copyNodeDeep(node, rename)));
  for (const node of nodes) if (node.name) node.name = graph.unique(`${call.name || call.opType}/${node.name}`);
  return nodes;
}
