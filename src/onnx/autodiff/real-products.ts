import { create } from "@bufbuild/protobuf";
import { type AttributeValue, makeAttribute } from "../attributes.js";
import { DataType, ints, isFloat } from "../constant.js";
import type { Graph, NodeProto } from "../graph.js";
import { copyMessage } from "../messages.js";
import { type AttributeProto, NodeProtoSchema } from "../proto/onnx-ml_pb.js";

/** What an integer product is on real numbers, and the places of its operands' zero points. */
const PRODUCTS: Readonly<Record<string, string>> = { ConvInteger: "Conv", MatMulInteger: "MatMul" };

/**
 * Products of integers as products of real numbers, which have a gradient: (x − zero) · (w − zero). Only where what comes
 * out is made real at once, as quantisers write it; others stay, and are refused by their name.
 */
export function makeProductsReal(graph: Graph): void {
  const real = new Set(
    graph.nodes.filter((node) => Object.hasOwn(PRODUCTS, node.opType) && isMadeReal(graph, node.output[0])),
  );
  if (real.size === 0) return;
  const casts = new Set([...real].flatMap((node) => graph.consumers(node.output[0])));
  graph.proto.node = graph.nodes.flatMap((node) => {
    if (real.has(node)) return product(graph, node);
    const to = graph.attributes(node).int("to", DataType.FLOAT);
    return casts.has(node) && to === DataType.FLOAT
      ? [copyMessage(node, { opType: "Identity", attribute: [] })]
      : [node];
  });
  graph.touch();
}

function isMadeReal(graph: Graph, name: string): boolean {
  const readers = graph.consumers(name);
  const isOutput = graph.outputs.some((port) => port.name === name);
  return (
    !isOutput &&
    readers.length > 0 &&
    readers.every((node) => {
      return node.opType === "Cast" && isFloat(graph.attributes(node).int("to", DataType.UNDEFINED));
    })
  );
}

function product(graph: Graph, node: NodeProto): NodeProto[] {
  const made: NodeProto[] = [];
  const make = (opType: string, input: string[], attribute: AttributeProto[], output = graph.unique("real")) => {
    made.push(create(NodeProtoSchema, { opType, name: graph.unique("real"), input, output: [output], attribute }));
    return output;
  };
  const attribute = (name: string, value: AttributeValue) => [makeAttribute(name, value)];
  const real = (name: string) => make("Cast", [name], attribute("to", DataType.FLOAT));
  const centred = (operand: number, column: boolean) => {
    const zero = node.input[operand + 2];
    const values = real(node.input[operand]);
    if (!zero) return values;
    // Zero points of a convolution's weights belong to its outputs, those of a left matrix to its rows.
    const weights = graph.constant(node.input[operand]);
    const shape = column
      ? [-1, 1]
      : weights && node.opType === "ConvInteger"
        ? [-1, ...weights.dims.slice(1).map(() => 1)]
        : undefined;
    const many = (graph.constant(zero)?.data.length ?? 1) > 1;
    const point = real(zero);
    const placed = many && shape ? make("Reshape", [point, graph.addConstant(ints(shape))], []) : point;
    return make("Sub", [values, placed], []);
  };
  const operands = [centred(0, node.opType === "MatMulInteger"), centred(1, false)];
  make(PRODUCTS[node.opType], operands, node.attribute, node.output[0]);
  return made;
}
