import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadModel } from "../../src/model/load.js";
import { checkTensors } from "../../src/onnx/check-tensors.js";
import { type Constant, DataType, floats, writeConstant } from "../../src/onnx/constant.js";
import { Graph, type TensorProto } from "../../src/onnx/graph.js";
import { TensorProto_DataLocation } from "../../src/onnx/proto/onnx-ml_pb.js";
import { savedModel, tinyCnn } from "../support/models.js";
import { fails } from "../support/tensors.js";

const two: Constant = floats([1, 2]);

/** A graph that holds one tensor in each place where a file can hold one. */
function graphs(change: (tensor: TensorProto) => unknown): Record<string, Graph> {
  const tensor = writeConstant("w", two);
  change(tensor);
  const make = (add: (graph: Graph) => void) => {
    const graph = Graph.empty("one", 17);
    graph.addInput("x", [2]);
    add(graph);
    graph.addNode("Add", ["x", "w"], {}, { outputs: ["y"] });
    graph.addOutput("y");
    return graph;
  };
  const inner = make((graph) => void graph.proto.initializer.push(tensor));
  return {
    initializer: inner,
    "a Constant node": make((graph) => void graph.addNode("Constant", [], { value: tensor }, { outputs: ["w"] })),
    "a branch": make((graph) => {
      graph.addNode("If", ["x"], { then_branch: inner.proto, else_branch: inner.proto }, { outputs: ["w"] });
    }),
  };
}

/** Kinds of lies, and what the error says of them. */
const LIES: Record<string, [change: (tensor: TensorProto) => unknown, says: RegExp]> = {
  "a dimension below zero": [(t) => Object.assign(t, { dims: [-2n] }), /'w' has the dimensions \[-2\]/],
  "dimensions beyond all memory": [
    (t) => Object.assign(t, { dims: [16n, 1n, 2n ** 63n - 1n] }),
    /'w' has the dimensions/,
  ],
  "dimensions whose product wraps around": [
    (t) => Object.assign(t, { dims: [2n ** 32n, 2n ** 32n] }),
    /'w' has the dimensions/,
  ],
  "too few bytes": [(t) => Object.assign(t, { dims: [3n] }), /'w' has 8 bytes where \[3\] needs 12/],
  "too many bytes": [(t) => Object.assign(t, { dims: [] }), /'w' has 8 bytes where \[\] needs 4/],
  "another type": [(t) => Object.assign(t, { dataType: DataType.DOUBLE }), /'w' has 8 bytes where \[2\] needs 16/],
  "half a byte too much": [
    (t) => Object.assign(t, { dataType: DataType.INT4, dims: [3n], rawData: new Uint8Array(3) }),
    /'w' has 3 bytes where \[3\] needs 2/,
  ],
  "a list of another length": [
    (t) => Object.assign(t, { rawData: new Uint8Array(), floatData: [1] }),
    /'w' has 1 values where \[2\] needs 2/,
  ],
  "no data at all": [(t) => Object.assign(t, { rawData: new Uint8Array() }), /'w' has 0 values where \[2\] needs 2/],
};

describe("checkTensors", () => {
  for (const [lie, [change, says]] of Object.entries(LIES)) {
    it(`finds ${lie}, wherever the tensor lies`, () => {
      for (const [place, graph] of Object.entries(graphs(change)))
        assert.throws(() => checkTensors(graph), fails("bad-model", says), place);
    });
  }

  it("takes tensors that are as they say, of every form", () => {
    const forms: ((tensor: TensorProto) => unknown)[] = [
      () => {},
      (t) => Object.assign(t, { rawData: new Uint8Array(), floatData: [1, 2] }),
      (t) => Object.assign(t, { dataType: DataType.FLOAT16, rawData: new Uint8Array(4) }),
      (t) => Object.assign(t, { dataType: DataType.FLOAT16, rawData: new Uint8Array(), int32Data: [1, 2] }),
      (t) => Object.assign(t, { dataType: DataType.INT4, dims: [3n], rawData: new Uint8Array(2) }),
      (t) => Object.assign(t, { dims: [0n, 5n], rawData: new Uint8Array() }),
      (t) =>
        Object.assign(t, { dataType: DataType.STRING, rawData: new Uint8Array(), stringData: [t.rawData, t.rawData] }),
      (t) => Object.assign(t, { rawData: new Uint8Array(), dataLocation: TensorProto_DataLocation.EXTERNAL }),
    ];
    for (const form of forms) for (const graph of Object.values(graphs(form))) checkTensors(graph);
  });

  it("is asked before the runtime sees a model", async () => {
    const graph = tinyCnn();
    graph.proto.initializer[0].dims = [8n, 3n, 3n, 2n ** 40n];
    await assert.rejects(
      loadModel(savedModel(graph), { isolate: false }),
      fails("bad-model", /dimensions that its data/),
    );
  });
});
