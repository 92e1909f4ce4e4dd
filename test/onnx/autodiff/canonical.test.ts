import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { makeAttribute } from "../../../src/onnx/attributes.js";
import { DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  FunctionProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  ValueInfoProtoSchema,
} from "../../../src/onnx/proto/onnx-ml_pb.js";
import { gradientsOf, ints } from "./check.js";

const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: ReturnType<typeof makeAttribute>[] = [],
  domain = "",
) => create(NodeProtoSchema, { opType, input, output, attribute, domain });
const branch = (name: string, nodes: ReturnType<typeof node>[], output: string) =>
  create(GraphProtoSchema, { name, node: nodes, output: [create(ValueInfoProtoSchema, { name: output })] });

test("functions are put in place, nested ones and their attributes included", async () => {
  const graph = Graph.empty("functions", 18);
  graph.model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: "own", version: 1n }));
  const slope = create(AttributeProtoSchema, { name: "alpha", refAttrName: "slope", type: AttributeType.FLOAT });
  const opsetImport = graph.model.opsetImport;
  graph.model.functions.push(
    create(FunctionProtoSchema, {
      name: "Leak",
      domain: "own",
      input: ["a"],
      output: ["b"],
      attribute: ["slope"],
      node: [node("LeakyRelu", ["a"], ["b"], [slope])],
      opsetImport,
    }),
    create(FunctionProtoSchema, {
      name: "Twice",
      domain: "own",
      input: ["a"],
      output: ["b"],
      node: [
        node(
          "Leak",
          ["a"],
          ["t"],
          [create(AttributeProtoSchema, { name: "slope", type: AttributeType.FLOAT, f: 0.5 })],
          "own",
        ),
        node("Add", ["t", "t"], ["b"]),
      ],
      opsetImport,
    }),
  );
  graph.addInput("x", [1, 2]);
  graph.proto.node.push(node("Twice", ["x"], ["m"], [], "own"), node("Twice", ["m"], ["y"], [], "own"));
  graph.touch();
  graph.addOutput("y", [1, 2]);
  const found = await gradientsOf(graph, { name: "x", dims: [1, 2] }, Float32Array.of(1, -1), Float32Array.of(1, 1));
  assert.deepEqual(found, [4, 1]);
});

test("branches decided by shapes are put in place", async () => {
  const graph = Graph.empty("branches", 11);
  graph.addInput("x", [1, 3, 1]);
  const size = graph.op("Gather", [graph.op("Shape", ["x"]), ints([2])]);
  const isOne = graph.op("Equal", [size, ints([1])]);
  const then = branch("then", [node("Squeeze", ["x"], ["s"], [makeAttribute("axes", [2])])], "s");
  const otherwise = branch("else", [node("Identity", ["x"], ["i"])], "i");
  graph.addNode("If", [isOne], { then_branch: then, else_branch: otherwise }, { outputs: ["picked"] });
  graph.addOutput(graph.op("Mul", ["picked", "picked"]), [1, 3]);
  const found = await gradientsOf(
    graph,
    { name: "x", dims: [1, 3, 1] },
    Float32Array.of(1, 2, 3),
    Float32Array.of(1, 1, 1),
  );
  assert.deepEqual(found, [2, 4, 6]);
});

test("a branch that the picture decides is refused, naming the node and what still works", async () => {
  const graph = Graph.empty("undecided", 17);
  graph.addInput("x", [1, 2]);
  const sum = graph.op("ReduceSum", ["x"], { keepdims: 0 });
  const positive = graph.op("Greater", [sum, { type: DataType.FLOAT, dims: [], data: Float32Array.of(0) }]);
  const then = branch("then", [node("Relu", ["x"], ["r"])], "r");
  const otherwise = branch("else", [node("Neg", ["x"], ["n"])], "n");
  graph.addNode(
    "If",
    [positive],
    { then_branch: then, else_branch: otherwise },
    { outputs: ["y"], base: "the_branch" },
  );
  graph.addOutput("y", [1, 2]);
  await assert.rejects(
    gradientsOf(graph, { name: "x", dims: [1, 2] }, Float32Array.of(1, 2), Float32Array.of(1, 1)),
    (error) => {
      const { code, message } = error as { code: string; message: string };
      assert.equal(code, "unsupported-operator");
      assert.match(message, /If at 'the_branch'/);
      assert.match(message, /recipro-cam/);
      return true;
    },
  );
});
