import { makeAttribute } from "../../attributes.js";
import { DataType, floats, readConstant, writeConstant } from "../../constant.js";
import type { Graph, NodeProto } from "../../graph.js";
import type { TensorShape } from "../../shapes.js";

/**
 * The same network in float32 where it computes in 16 bits, with its weights as they are: relevance divides by sums that
 * may be small, of which 16 bits leave too little.
 * @param shapes of its tensors; their types are those of the result afterwards
 */
export function widen(graph: Graph, shapes: Map<string, TensorShape>): void {
  if (!graph.nodes.some(({ output }) => output.some((name) => isNarrow(shapes.get(name)?.type)))) return;
  for (const name of graph.initializers.keys()) widenConstant(graph, name);
  for (const node of graph.nodes) {
    if (node.opType === "Constant") widenConstant(graph, node.output[0]);
    else if (node.opType === "Cast") widenCast(graph, node, shapes);
    else if (node.opType === "ConstantOfShape") widenFill(graph, node);
  }
  for (const [name, shape] of shapes) if (isNarrow(shape.type)) shapes.set(name, { ...shape, type: DataType.FLOAT });
  graph.touch();
}

const isNarrow = (type: DataType | undefined) => type === DataType.FLOAT16 || type === DataType.BFLOAT16;

function widenConstant(graph: Graph, name: string): void {
  const value = graph.constant(name);
  if (!value || !isNarrow(value.type)) return;
  const wide = graph.addConstant(floats(value.data as Float32Array, value.dims), `${name}_wide`);
  graph.replaceUses(name, wide);
}

/** A cast to 16 bits goes to 32, or is an Identity where it comes from there: then weights behind it are seen as such. */
function widenCast(graph: Graph, node: NodeProto, shapes: ReadonlyMap<string, TensorShape>): void {
  if (!isNarrow(graph.attributes(node).int("to", DataType.FLOAT))) return;
  const from = graph.constant(node.input[0])?.type ?? shapes.get(node.input[0])?.type;
  const same = from === DataType.FLOAT || isNarrow(from);
  node.opType = same ? "Identity" : "Cast";
  node.attribute = same ? [] : [makeAttribute("to", DataType.FLOAT)];
}

function widenFill(graph: Graph, node: NodeProto): void {
  const value = graph.attributes(node).tensor("value");
  if (!value || !isNarrow(value.dataType)) return;
  const { data, dims } = readConstant(value);
  node.attribute = [makeAttribute("value", writeConstant("value", floats(data as Float32Array, dims)))];
}
