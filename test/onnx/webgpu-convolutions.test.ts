import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SessionHost } from "../../src/model/session.js";
import { DataType, floats } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { forWebGpu } from "../../src/onnx/webgpu-convolutions.js";
import { assertClose, noise } from "../support/tensors.js";

const host = new SessionHost();
after(() => host.close());

interface Convolution {
  readonly inputs: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly group?: number;
}

/** A convolution with a bias, and what reads its result. */
function network({ inputs, kernel = 3, stride = 1, group = 1 }: Convolution): Graph {
  const graph = Graph.empty("convolution", 17);
  graph.addInput("x", ["batch", inputs, 9, 7]);
  const outputs = 4 * group;
  const weight = noise([outputs, inputs / group, kernel, kernel], 1);
  const made = graph.op("Conv", ["x", floats(weight.data, weight.dims), floats(noise([outputs], 2).data)], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    group,
  });
  graph.addNode("Relu", [made], {}, { outputs: ["y"] });
  graph.addOutput("y");
  return graph;
}

test("a convolution of 6, 9, 15 … channels reads zeros up to the next multiple of 4, and gives what it gave", async () => {
  for (const convolution of [
    { inputs: 6 },
    { inputs: 9 },
    { inputs: 15, kernel: 2 },
    { inputs: 6, kernel: 1, stride: 2 },
  ]) {
    const graph = network(convolution);
    const before = graph.serialize();
    const mended = forWebGpu(graph);
    assert.notEqual(mended, graph);
    assert.deepEqual(graph.serialize(), before);
    const [, wide] = mended.constant(mended.nodes.filter(({ opType }) => opType === "Conv")[1].input[1])?.dims ?? [];
    assert.equal(wide, 4 * Math.ceil(convolution.inputs / 4));
    const { data, dims } = noise([2, convolution.inputs, 9, 7], 3);
    const feeds = { x: { type: DataType.FLOAT, dims, data } };
    const [own, other] = await Promise.all(
      [graph, mended].map(async (one) => (await (await host.open(one)).run(feeds, ["y"])).get("y")),
    );
    assert.deepEqual(other?.dims, own?.dims);
    assertClose(other?.data as Float32Array, own?.data as Float32Array, 1e-5);
    assert.equal(forWebGpu(mended), mended);
  }
});

test("all others stay as they are", () => {
  for (const convolution of [
    { inputs: 3 },
    { inputs: 5 },
    { inputs: 8 },
    { inputs: 12 },
    { inputs: 6, kernel: 1 },
    { inputs: 6, group: 6 },
  ]) {
    const graph = network(convolution);
    assert.equal(forWebGpu(graph), graph);
  }
});
