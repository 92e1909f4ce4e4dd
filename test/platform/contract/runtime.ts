import assert from "node:assert/strict";
import { createSession } from "#platform/runtime";
import { DataType, floats } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { withWeightsBeside } from "../../../src/onnx/split-weights.js";
import type { Contract } from "./contract.js";

const OPTIONS = { threads: 1, device: "cpu" } as const;

/** y = 2 x, and the shape of x. */
function doubling(opType = "Mul"): Uint8Array {
  const graph = Graph.empty("doubling", 17);
  graph.addInput("x", ["n", 2]);
  graph.addNode(opType, ["x", floats(2)], {}, { outputs: ["y"] });
  graph.addNode("Shape", ["x"], {}, { outputs: ["shape"] });
  graph.addOutput("y", ["n", 2]);
  graph.addOutput("shape", [2], DataType.INT64);
  return graph.serialize();
}

const pair = (...values: number[]) =>
  ({ type: "float32", dims: [values.length / 2, 2], data: Float32Array.from(values) }) as const;

export const runtimeContract: Contract = {
  async "a model computes what it says, in batches, and in memory of its own"() {
    const session = await createSession(doubling(), OPTIONS);
    const x = pair(1, 2, 3, -4);
    const first = await session.run({ x }, ["y", "shape"]);
    const second = await session.run({ x: pair(0, 5) }, ["y"]);
    assert.deepEqual(
      [first.y.dims, [...first.y.data]],
      [
        [2, 2],
        [2, 4, 6, -8],
      ],
    );
    assert.deepEqual([first.shape.type, [...first.shape.data]], ["int64", [2n, 2n]]);
    assert.deepEqual([...second.y.data], [0, 10]);
    assert.deepEqual([...x.data], [1, 2, 3, -4]);
    await session.release();
  },

  async "weights may lie beside the model, in memory that threads share or not, and are copied"() {
    const graph = Graph.empty("weights beside", 17);
    graph.addInput("x", ["n", 400]);
    const weights = [
      floats(new Float32Array(400).fill(2), [1, 400]),
      floats(Float32Array.from({ length: 400 }, (_, i) => i)),
    ];
    graph.addNode("Add", [graph.op("Mul", ["x", weights[0]]), weights[1]], {}, { outputs: ["y"] });
    graph.addOutput("y", ["n", 400]);
    const kinds = typeof SharedArrayBuffer === "undefined" ? [ArrayBuffer] : [ArrayBuffer, SharedArrayBuffer];
    for (const Memory of kinds) {
      const data = new Uint8Array(new Memory(8 + 2 * 1600));
      let end = 3;
      const structure = withWeightsBeside(graph, ({ rawData }) => {
        data.set(rawData, end);
        end += rawData.length;
        return { memory: 7, offset: end - rawData.length };
      });
      assert.ok(structure.length < 1600);
      const session = await createSession(structure, { ...OPTIONS, weights: [{ path: "7", data }] });
      data.fill(0);
      const x = { type: "float32", dims: [1, 400], data: new Float32Array(400).fill(3) } as const;
      assert.deepEqual([...(await session.run({ x }, ["y"])).y.data.subarray(0, 4)], [6, 7, 8, 9]);
      await session.release();
    }
  },

  async "several sessions live side by side"() {
    const [a, b] = [await createSession(doubling(), OPTIONS), await createSession(doubling("Add"), OPTIONS)];
    const results = await Promise.all([a.run({ x: pair(3, 4) }, ["y"]), b.run({ x: pair(3, 4) }, ["y"])]);
    assert.deepEqual(
      results.map(({ y }) => [...y.data]),
      [
        [6, 8],
        [5, 6],
      ],
    );
    await Promise.all([a.release(), b.release()]);
  },

  async "what cannot be loaded or run rejects with the runtime's words"() {
    await assert.rejects(createSession(Uint8Array.of(1, 2, 3), OPTIONS), /protobuf|parsing|Failed to load model/i);
    await assert.rejects(createSession(doubling("NoSuchOperator"), OPTIONS), /NoSuchOperator/);
    const session = await createSession(doubling(), OPTIONS);
    const wrong = { type: "float32", dims: [1, 3], data: Float32Array.of(1, 2, 3) } as const;
    await assert.rejects(session.run({ x: wrong }, ["y"]), /invalid dimensions|Expected: 2/i);
    await assert.rejects(session.run({}, ["y"]), /x/);
    await session.release();
  },
};
